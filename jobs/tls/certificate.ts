import { X509Certificate } from 'node:crypto';
import { defineJob, NonRetryableError } from 'belfry';

type Payload = { pem: string; source?: string };

const DAY_MS = 86_400_000;
const DAYS_TO_WARN = 30;
/** NIST SP 800-131A: RSA and DSA keys below 2048 bits and curves below 224 bits are no longer allowed. */
const LEAST_BITS: Record<string, number> = { rsa: 2048, 'rsa-pss': 2048, dsa: 2048, ec: 224 };
const CURVE_BITS: Record<string, number> = {
  prime192v1: 192,
  secp192k1: 192,
  secp160r1: 160,
  secp160k1: 160,
  secp128r1: 128,
};
/** Signature algorithms whose hash can be forged, by object identifier. */
const WEAK_SIGNATURES: Record<string, string> = {
  '1.2.840.113549.1.1.2': 'MD2 with RSA',
  '1.2.840.113549.1.1.4': 'MD5 with RSA',
  '1.2.840.113549.1.1.5': 'SHA-1 with RSA',
  '1.2.840.10040.4.3': 'SHA-1 with DSA',
  '1.2.840.10045.4.1': 'SHA-1 with ECDSA',
};

export default defineJob<Payload>({
  description: 'Expiry, key and signature of one certificate',
  owner: 'belfry',
  timeout: '10s',
  slo: { lag: '2m' },
  limits: [{ rate: '50/1s' }],
  payload: {
    type: 'object',
    required: ['pem'],
    additionalProperties: false,
    properties: { pem: { type: 'string', pattern: '-----BEGIN CERTIFICATE-----' }, source: { type: 'string' } },
  },
  run({ payload, log }) {
    const certificate = parseCertificate(payload.pem);
    const daysLeft = Math.floor((Date.parse(certificate.validTo) - Date.now()) / DAY_MS);
    const findings = [
      ...findExpiry(certificate, daysLeft),
      ...findWeakKey(certificate),
      ...findWeakSignature(certificate),
    ];
    const subject = nameOf(certificate.subject);
    const report = { subject, serial: certificate.serialNumber, isAuthority: certificate.ca, daysLeft, findings };
    // A trusted root that has run out is the business of who maintains the store; a server's own certificate is ours.
    if (!certificate.ca && daysLeft < 0) {
      throw new NonRetryableError(`the certificate of ${subject} has expired`, {
        hint: `it ended on ${certificate.validTo}`,
      });
    }
    for (const finding of findings) log.warn(`${subject}: ${finding}`, { source: payload.source });
    return report;
  },
});

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new NonRetryableError('this is not a certificate', { cause, hint: 'one X.509 certificate as PEM' });
  }
}

/** The common name, else the organisation, else the whole subject on one line. */
function nameOf(subject: string): string {
  const parts = new Map(
    subject.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
  return parts.get('CN') ?? parts.get('OU') ?? parts.get('O') ?? subject.replaceAll('\n', ', ');
}

function findExpiry({ validFrom, validTo }: X509Certificate, daysLeft: number): string[] {
  if (Date.parse(validFrom) > Date.now()) return [`not valid before ${validFrom}`];
  if (daysLeft < 0) return [`expired on ${validTo}`];
  return daysLeft < DAYS_TO_WARN ? [`expires in ${daysLeft} days`] : [];
}

function findWeakKey({ publicKey }: X509Certificate): string[] {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = publicKey;
  const bits = details?.modulusLength ?? CURVE_BITS[details?.namedCurve ?? ''];
  const least = LEAST_BITS[type];
  return bits !== undefined && least !== undefined && bits < least ? [`weak key: ${type} with ${bits} bits`] : [];
}

/** The signature of a self-signed certificate proves nothing, so a weak one harms nothing. */
function findWeakSignature(certificate: X509Certificate): string[] {
  if (certificate.issuer === certificate.subject) return [];
  const weak = WEAK_SIGNATURES[signatureAlgorithmOf(certificate.raw)];
  return weak === undefined ? [] : [`weak signature: ${weak}`];
}

/** Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { OBJECT IDENTIFIER … } … } (RFC 5280 §4.1). */
function signatureAlgorithmOf(der: Buffer): string {
  const certificate = readElement(der, 0);
  const signed = readElement(der, certificate.start);
  const algorithm = readElement(der, signed.end);
  const identifier = readElement(der, algorithm.start);
  return readObjectIdentifier(der.subarray(identifier.start, identifier.end));
}

/** Content of the DER element at `offset`: tag, length (short, or 0x80 + number of length bytes), content. */
function readElement(der: Buffer, offset: number): { start: number; end: number } {
  const first = der[offset + 1] ?? 0;
  const extra = first < 0x80 ? 0 : first & 0x7f;
  const length = extra === 0 ? first : der.readUIntBE(offset + 2, extra);
  const start = offset + 2 + extra;
  return { start, end: start + length };
}

/** Seven bits a byte, the first byte holding two arcs: 40 × first + second (X.690 §8.19). */
function readObjectIdentifier(bytes: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of bytes) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join('.');
}
