import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { defineJob, NonRetryableError } from 'belfry';

type Payload = { bundle?: string } | null;
type Store = { source: string; text: string };

/** Where the systems keep their trusted certificates, as one file of PEM blocks. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Alpine, Arch
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL
  '/etc/ssl/ca-bundle.pem', // SUSE
  '/etc/ssl/cert.pem', // BSD, macOS
];
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export default defineJob<Payload>({
  description: 'Checks every certificate this host trusts: one run of tls/certificate for each',
  owner: 'belfry',
  schedule: { cron: 'H H * * *' },
  timeout: '1m',
  slo: { lag: '10m' },
  payload: {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: { bundle: { type: 'string', description: 'A PEM file to check instead of the store of the system' } },
  },
  async run({ payload, log, signal, enqueueMany }) {
    const bundle = payload?.bundle;
    const { source, text } = bundle === undefined ? await readStore(signal) : await readBundle(bundle);
    const certificates = [...new Set(text.match(PEM) ?? [])];
    if (certificates.length === 0) throw new NonRetryableError(`${source} holds no certificate`);
    const runIds = await enqueueMany(
      'tls/certificate',
      certificates.map((pem) => ({ pem, source })),
    );
    log.info(`${runIds.length} certificates of ${source} are being checked`);
    return { source, certificates: runIds.length };
  },
});

async function readBundle(bundle: string): Promise<Store> {
  try {
    return { source: bundle, text: await readFile(bundle, 'utf8') };
  } catch (cause) {
    throw new NonRetryableError(`cannot read ${bundle}`, { cause, hint: 'a PEM file on the host of the worker' });
  }
}

/** The store of the system; the list that comes with Node where the system has none of its own. */
async function readStore(signal: AbortSignal): Promise<Store> {
  for (const source of process.platform === 'darwin' ? [] : BUNDLES) {
    const text = await readFile(source, 'utf8').catch(() => undefined);
    if (text !== undefined) return { source, text };
  }
  if (process.platform === 'darwin') {
    const keychain = '/System/Library/Keychains/SystemRootCertificates.keychain';
    const options = { signal, maxBuffer: 32 * 1024 * 1024 };
    const listed = await promisify(execFile)('security', ['find-certificate', '-a', '-p', keychain], options).catch(
      () => undefined,
    );
    if (listed !== undefined) return { source: keychain, text: listed.stdout };
  }
  return { source: 'Node.js', text: rootCertificates.join('\n') };
}
