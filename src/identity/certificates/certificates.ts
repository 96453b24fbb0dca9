import { X509Certificate } from 'node:crypto';

/** What a client's certificate says of its holder. Whether that is true is for whoever verified it to know. */
export interface CertificateFacts {
  /**
   * As RFC 4514 writes it, the most specific part first: `CN=acme,O=Acme\, Inc,C=US`. Attributes by their short names,
   * letters beyond ASCII as they are. `openssl x509 -noout -subject -nameopt RFC2253,-esc_msb,utf8` prints the same.
   */
  readonly subject: string;
  readonly issuer: string;
  /** `CN=<name>`, where the subject has exactly one common name. */
  readonly commonName: string | undefined;
  /** Subject alternative names: `DNS:acme.example` (lower case), `URI:spiffe://acme/app`, `email:ops@acme.example`. */
  readonly alternativeNames: readonly string[];
  /** SHA-256 of the certificate, 64 hexadecimal digits in lower case. */
  readonly fingerprint: string;
  readonly serialNumber: string;
  /** Milliseconds since 1970; the same for `validTo`. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** Reads a DER certificate. @throws {Error} where it is none. */
export function readCertificate(der: Buffer): CertificateFacts {
  // PEM, which Node.js takes too, would let one certificate come in many spellings.
  if (der[0] !== derSequence) throw new TypeError('expected a certificate in DER, but got other bytes');
  const certificate = new X509Certificate(der);
  const attributes = attributesOf(certificate.subject);
  const commonNames = attributes.flat().filter((attribute) => attribute.startsWith('CN='));
  return {
    subject: printName(attributes),
    issuer: printName(attributesOf(certificate.issuer)),
    commonName: commonNames.length === 1 ? commonNames[0] : undefined,
    alternativeNames: readAlternativeNames(certificate.subjectAltName ?? ''),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    serialNumber: certificate.serialNumber,
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  };
}

const derSequence = 0x30;

/**
 * Node.js prints one relative name a line, and ` + ` between the attributes of one. Line breaks and `+` inside of values are
 * escaped, so that no value can pass for two.
 */
function attributesOf(name: string | undefined): readonly (readonly string[])[] {
  return (name ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' + '));
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc4514#section-2.1 | RFC 4514, 2.1}: from the last to the first. */
function printName(attributes: readonly (readonly string[])[]): string {
  return attributes
    .toReversed()
    .map((relative) => relative.toReversed().join('+'))
    .join(',');
}

const kinds: readonly string[] = ['DNS', 'URI', 'email'];

/**
 * Text of `X509Certificate.subjectAltName`: `DNS:a.example, URI:b`. A value that could pass for several is a JSON string in it,
 * with its commas escaped (CVE-2021-44532).
 */
function readAlternativeNames(text: string): readonly string[] {
  const names: string[] = [];
  for (const name of text.split(', ')) {
    const colon = name.indexOf(':');
    const kind = name.slice(0, Math.max(colon, 0));
    if (!kinds.includes(kind)) continue;
    const value = name.slice(colon + 1);
    const plain = value.startsWith('"') ? (JSON.parse(value) as string) : value;
    names.push(`${kind}:${kind === 'DNS' ? plain.toLowerCase() : plain}`);
  }
  return names;
}
