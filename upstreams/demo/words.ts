/** What the demo data is made of. */

export const givenNames =
  'Ada Amir Anneke Bela Bruno Carmen Chidi Clara Dario Edith Emre Farah Felix Greta Hana Henrik Ines Ivan Jonas Kaito Lena Lucia Mara Milan Nadia Nils Olga Oskar Petra Quentin Rosa Samir Selma Tariq Tilda Umar Vera Viktor Wanda Yara'.split(
    ' ',
  );

export const familyNames =
  'Abel Bakker Castro Demir Eriksen Fischer Garcia Haddad Ivanova Jansen Keller Larsen Moreau Novak Okafor Pereira Quist Rossi Sato Tanaka Ueda Varga Weber Young Zeman'.split(
    ' ',
  );

export const streets = [
  'Mill Lane',
  'Station Road',
  'Harbour Street',
  'Church Walk',
  'Orchard Avenue',
  'Market Square',
  'Bridge Street',
  'Garden Row',
];

export const cities = [
  'Ashford',
  'Brightwater',
  'Calder',
  'Dunmore',
  'Eastbridge',
  'Fairhaven',
  'Glenfield',
  'Holmside',
  'Kingsmere',
  'Lowmarsh',
];

export const styles = [
  'Classic',
  'Compact',
  'Everyday',
  'Fine',
  'Folding',
  'Large',
  'Light',
  'Plain',
  'Small',
  'Sturdy',
];

export interface Stem {
  readonly noun: string;
  /** Price of a middling one, in cents. */
  readonly cents: number;
  /** Weight of a middling one, in grams. */
  readonly grams: number;
}

/** `name cents grams` triples. */
function stems(text: string): Stem[] {
  return text.split(', ').map((entry) => {
    const [, noun = '', cents, grams] = /^(.*) (\d+) (\d+)$/.exec(entry) ?? [];
    return { noun, cents: Number(cents), grams: Number(grams) };
  });
}

/** Ten categories of ten things each; with ten styles that makes a thousand products. */
export const categories: readonly { readonly name: string; readonly stems: readonly Stem[] }[] = [
  {
    name: 'Kitchen',
    stems: stems(
      'Bread Board 2400 1100, Tea Kettle 3900 950, Frying Pan 4500 1400, Salad Bowl 2900 800, Pepper Mill 2700 350, Kitchen Scale 3200 600, Rolling Pin 1500 700, Coffee Press 3400 750, Mixing Spoon 700 90, Oven Dish 3100 1800',
    ),
  },
  {
    name: 'Garden',
    stems: stems(
      'Watering Can 2300 900, Hand Trowel 1400 250, Pruning Shears 2600 300, Plant Pot 1200 1500, Garden Fork 3300 1700, Seed Tray 800 400, Bird Feeder 2100 650, Garden Hose 4200 2900, Leaf Rake 2500 1200, Kneeling Pad 1300 350',
    ),
  },
  {
    name: 'Desk',
    stems: stems(
      'Desk Lamp 4900 1300, Notebook 900 280, Pencil Case 1600 120, Paper Tray 1900 700, Letter Opener 1100 80, Book Stand 2800 900, Desk Clock 3600 500, Stapler 1700 320, Pinboard 2200 1100, Fountain Pen 5200 60',
    ),
  },
  {
    name: 'Outdoors',
    stems: stems(
      'Tent 18900 3800, Sleeping Mat 5900 600, Rucksack 8900 1500, Camping Stove 4700 450, Water Bottle 1800 200, Head Torch 3500 110, Hiking Pole 4300 260, Rain Cover 1900 150, Camping Chair 3900 2400, Picnic Rug 2700 800',
    ),
  },
  {
    name: 'Workshop',
    stems: stems(
      'Hammer 2200 650, Screwdriver Set 3400 700, Spirit Level 2600 500, Hand Saw 2900 450, Tool Box 4800 2600, Tape Measure 1200 230, Bench Vice 6900 4500, Wood Plane 5400 1300, Work Gloves 1500 180, Cordless Drill 11900 1600',
    ),
  },
  {
    name: 'Music',
    stems: stems(
      'Ukulele 6900 600, Metronome 3700 350, Music Stand 3300 1400, Harmonica 2900 120, Tambourine 2400 300, Guitar Strap 1900 160, Drum Pad 5600 1100, Recorder 1700 150, Capo 1300 70, Tuning Fork 1000 60',
    ),
  },
  {
    name: 'Bicycle',
    stems: stems(
      'Bicycle Bell 1100 90, Front Light 3200 140, Bicycle Pump 2600 420, Saddle Bag 3800 350, Chain Lock 4600 1900, Bicycle Helmet 5900 320, Repair Kit 1600 200, Mudguard Set 2700 550, Pannier 6400 950, Bottle Cage 1200 70',
    ),
  },
  {
    name: 'Bath',
    stems: stems(
      'Bath Towel 2800 550, Soap Dish 1200 220, Bath Mat 2300 700, Shower Caddy 3100 900, Laundry Basket 3600 1300, Hand Mirror 1900 300, Bathrobe 6800 1100, Toothbrush Cup 900 250, Nail Brush 700 60, Linen Bag 1500 170',
    ),
  },
  {
    name: 'Games',
    stems: stems(
      'Chess Set 4900 1500, Playing Cards 900 100, Jigsaw Puzzle 2100 700, Domino Set 1800 650, Dice Cup 1300 150, Juggling Balls 1700 390, Kite 2600 280, Spinning Top 800 70, Dartboard 5400 4200, Croquet Set 8900 5200',
    ),
  },
  {
    name: 'Travel',
    stems: stems(
      'Suitcase 12900 3200, Neck Pillow 2400 300, Passport Wallet 2900 110, Luggage Tag 900 40, Wash Bag 2700 220, Travel Towel 1900 180, Packing Cubes 2500 260, Umbrella 2600 380, Eye Mask 1100 50, Shoe Bag 1200 90',
    ),
  },
];

/** Opening of a review, by rating: index 0 is one star. */
export const verdicts: readonly (readonly string[])[] = [
  ['Broke within a week.', 'Not what the pictures promise.', 'I sent it back.'],
  ['Weaker than I had hoped.', 'It does the job, but only just.', 'I would not buy it again.'],
  ['Fine for the price.', 'Neither good nor bad.', 'It is all right.'],
  ['A good buy.', 'Well made.', 'I use it often.'],
  ['Better than I expected.', 'I have bought a second one.', 'Exactly what I was looking for.'],
];

export const remarks = [
  'It arrived a day early.',
  'The box was larger than it had to be.',
  'My neighbour has the same one.',
  'The colour is a little darker than shown.',
  'It is easy to clean.',
  'It feels heavier than the page says.',
  'The instructions are short and clear.',
  'It was a present, and it was liked.',
  'It takes up little room.',
  'I wish it came in other sizes.',
  'The handle sits well in the hand.',
  'It has been in use every day since.',
];
