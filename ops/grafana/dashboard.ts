/** A small language for dashboards: what a panel asks and how it is drawn. `printDashboard` makes Grafana's JSON of it. */

export interface Query {
  readonly expr: string;
  /** With `{{label}}` for values of labels; of a table, the labels themselves are shown. */
  readonly legend: string;
}

/** `stack`: lines on top of each other. `bars`: the values of now, the greatest first. */
export type Drawing = 'lines' | 'stack' | 'stat' | 'bars' | 'table' | 'heatmap';

export interface Panel {
  readonly title: string;
  /** What it shows, and what to do next. */
  readonly description: string;
  readonly draw: Drawing;
  /** As Grafana spells it: `s`, `reqps`, `percentunit`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of 24 columns. Default 8; of a stat 4. */
  readonly width?: number;
  /** Whether traces are shown as points; of a histogram's buckets only. Default false. */
  readonly exemplars?: boolean;
  /** Values from which on it is yellow and red; from red to green where they descend. Default: no colours. */
  readonly thresholds?: readonly [yellow: number, red: number];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** `label_values(metric, label)`. */
  readonly values: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** How far it looks back at first: `now-3h`. */
  readonly from: string;
  readonly refresh: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

type Json = Readonly<Record<string, unknown>>;

const source = { type: 'prometheus', uid: '${datasource}' } as const;
const columns = 24;

/** The file that Grafana imports. */
export function printDashboard({ variables, rows, from, uid, title, description, refresh }: Dashboard): string {
  const dashboard = {
    uid,
    title,
    description,
    tags: ['weft'],
    // Grafana 11 writes this version; later ones read it.
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh,
    time: { from, to: 'now' },
    timezone: 'browser',
    links: [
      { type: 'dashboards', title: 'Weft', tags: ['weft'], asDropdown: false, includeVars: true, keepTime: true },
    ],
    annotations: { list: annotations.map(annotationOf) },
    templating: { list: [datasourceVariable, ...variables.map(variableOf)] },
    panels: panelsOf(rows),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

const annotations = [
  { name: 'Starts', color: 'orange', expr: 'time() - process_start_time_seconds{job=~"$job"} < 120' },
  { name: 'Reloads', color: 'blue', expr: 'changes(weft_generation{job=~"$job"}[2m]) > 0' },
] as const;

function annotationOf({ name, color, expr }: (typeof annotations)[number]): Json {
  return {
    name,
    enable: true,
    iconColor: color,
    datasource: source,
    expr,
    step: '60s',
    titleFormat: name,
    textFormat: '{{instance}}',
  };
}

const datasourceVariable = {
  name: 'datasource',
  label: 'Prometheus',
  type: 'datasource',
  query: 'prometheus',
  refresh: 1,
  hide: 0,
} as const;

function variableOf({ name, label, values }: Variable): Json {
  return {
    name,
    label,
    type: 'query',
    datasource: source,
    definition: values,
    query: { query: values, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    // Also what has no such label.
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
  };
}

/** Panels from left to right, each row below its heading. */
function panelsOf(rows: readonly Row[]): readonly Json[] {
  const printed: Json[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    printed.push({
      id: printed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const w = panel.width ?? (panel.draw === 'stat' ? 4 : 8);
      const h = panel.draw === 'stat' ? 4 : 8;
      if (x + w > columns) {
        x = 0;
        y += height;
        height = 0;
      }
      printed.push({ id: printed.length + 1, ...panelOf(panel), gridPos: { x, y, w, h } });
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return printed;
}

const types: Readonly<Record<Drawing, string>> = {
  lines: 'timeseries',
  stack: 'timeseries',
  stat: 'stat',
  bars: 'bargauge',
  table: 'table',
  heatmap: 'heatmap',
};

function panelOf(panel: Panel): Json {
  const { title, description, draw, unit, queries, thresholds } = panel;
  return {
    type: types[draw],
    title,
    description,
    datasource: source,
    fieldConfig: {
      defaults: {
        unit,
        ...(draw === 'stat' || draw === 'table' ? {} : { min: 0 }),
        ...customOf(draw),
        ...(thresholds ? { color: { mode: 'thresholds' }, thresholds: stepsOf(thresholds) } : {}),
      },
      overrides: [],
    },
    options: optionsOf(panel),
    targets: queries.map((query, index) => targetOf(query, index, panel)),
    ...(draw === 'table' ? { transformations: [{ id: 'merge', options: {} }, tableColumns] } : {}),
  };
}

function customOf(draw: Drawing): Json {
  if (draw !== 'lines' && draw !== 'stack') return {};
  const stacking = { mode: draw === 'stack' ? 'normal' : 'none', group: 'A' };
  return { custom: { lineWidth: 1, fillOpacity: draw === 'stack' ? 30 : 5, showPoints: 'never', stacking } };
}

function stepsOf([yellow, red]: readonly [number, number]): Json {
  const steps =
    yellow <= red
      ? [
          { color: 'green', value: null },
          { color: 'yellow', value: yellow },
          { color: 'red', value: red },
        ]
      : [
          { color: 'red', value: null },
          { color: 'yellow', value: red },
          { color: 'green', value: yellow },
        ];
  return { mode: 'absolute', steps };
}

const now = { calcs: ['lastNotNull'], fields: '', values: false };

function optionsOf({ draw, unit, thresholds }: Panel): Json {
  const lines = {
    legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['lastNotNull', 'max'] },
    tooltip: { mode: 'multi', sort: 'desc' },
  };
  const options: Readonly<Record<Drawing, Json>> = {
    lines,
    stack: lines,
    stat: { reduceOptions: now, colorMode: thresholds ? 'background' : 'value', graphMode: 'none', textMode: 'auto' },
    bars: { reduceOptions: now, orientation: 'horizontal', displayMode: 'basic', showUnfilled: true },
    table: { showHeader: true, cellHeight: 'sm' },
    heatmap: {
      calculate: false,
      yAxis: { unit },
      color: { mode: 'scheme', scheme: 'Oranges', steps: 64 },
      tooltip: { mode: 'single', yHistogram: true },
      exemplars: { color: 'rgba(31, 96, 196, 0.9)' },
    },
  };
  return options[draw];
}

/** The time of a table's values says nothing: it is now. */
const tableColumns = {
  id: 'organize',
  options: { excludeByName: { Time: true, Value: true, 'Value #A': true, 'Value #B': true } },
} as const;

function targetOf({ expr, legend }: Query, index: number, { draw, exemplars }: Panel): Json {
  const isOfNow = draw === 'stat' || draw === 'bars' || draw === 'table';
  return {
    refId: String.fromCodePoint(65 + index),
    datasource: source,
    expr,
    legendFormat: legend,
    format: draw === 'heatmap' ? 'heatmap' : draw === 'table' ? 'table' : 'time_series',
    ...(isOfNow ? { instant: true, range: false } : { instant: false, range: true }),
    exemplar: exemplars ?? false,
  };
}
