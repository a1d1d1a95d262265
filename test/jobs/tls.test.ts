import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createTestBelfry } from 'belfry/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import certificate from '../../jobs/tls/certificate.ts';
import scan from '../../jobs/tls/scan.ts';
import type { Json } from '../../src/core/job.ts';
import { makeFolder, runJob } from '../support/job_run.ts';

const pem = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`./certificates/${name}.pem`, import.meta.url)), 'utf8');

describe('tls/scan', () => {
  test('enqueues one run for each certificate of a bundle, in one call, each certificate once', async () => {
    const bundle = path.join(makeFolder(), 'bundle.pem');
    writeFileSync(bundle, ['# comment', pem('good_root'), pem('sha1_leaf'), pem('good_root')].join('\n'));
    const { result, enqueued } = await runJob('tls/scan', { bundle });
    expect(result).toEqual({ source: bundle, certificates: 2 });
    expect(enqueued).toMatchObject(
      [pem('good_root'), pem('sha1_leaf')].map((text) => ({
        job: 'tls/certificate',
        payload: { pem: text.trim(), source: bundle },
        call: 1,
      })),
    );
  });

  test('has each certificate of a bundle looked at by a run of its own', async () => {
    const bundle = path.join(makeFolder(), 'bundle.pem');
    writeFileSync(bundle, [pem('good_root'), pem('sha1_leaf')].join('\n'));
    const jobs = { 'tls/scan': scan, 'tls/certificate': certificate };
    const belfry = await createTestBelfry({ jobs, now: '2026-01-02T00:00:30Z' });
    onTestFinished(() => belfry.close());
    await belfry.client.enqueue('tls/scan', { bundle });
    const ran = await belfry.drain();
    expect(ran.map(({ job, outcome }) => `${job} ${outcome}`)).toEqual([
      'tls/scan succeeded',
      'tls/certificate succeeded',
      'tls/certificate succeeded',
    ]);
    expect(ran[1]?.result).toMatchObject({ subject: 'root', findings: [] });
  });

  test('finds the certificates that this host trusts, and tls/certificate understands each', async () => {
    const { enqueued } = await runJob('tls/scan');
    expect(enqueued.length).toBeGreaterThan(50);
    for (const { payload } of enqueued) {
      const { result } = await runJob('tls/certificate', payload);
      expect(result).toMatchObject({
        subject: expect.stringMatching(/./) as string,
        daysLeft: expect.any(Number) as number,
      });
    }
  });

  test('fails for good on a bundle that is missing or holds no certificate', async () => {
    const folder = makeFolder();
    await expect(runJob('tls/scan', { bundle: path.join(folder, 'no.pem') })).rejects.toMatchObject({
      code: 'NON_RETRYABLE',
    });
    const empty = path.join(folder, 'empty.pem');
    writeFileSync(empty, 'nothing');
    await expect(runJob('tls/scan', { bundle: empty })).rejects.toThrow(/holds no certificate/);
  });
});

describe('tls/certificate', () => {
  const check = async (text: string): Promise<Record<string, Json>> =>
    (await runJob('tls/certificate', { pem: text })).result as Record<string, Json>;

  test('finds nothing wrong with a good root', async () => {
    expect(await check(pem('good_root'))).toMatchObject({ subject: 'root', isAuthority: true, findings: [] });
  });

  test('warns of an expired root with a weak key, and does not fail for it', async () => {
    const { result, warnings } = await runJob('tls/certificate', { pem: pem('weak_expired_root') });
    expect(result).toMatchObject({
      isAuthority: true,
      findings: ['expired on Jan  1 00:00:00 2010 GMT', 'weak key: rsa with 1024 bits'],
    });
    expect(warnings).toHaveLength(2);
  });

  test('warns of a signature that can be forged, but not of one on itself', async () => {
    expect((await check(pem('sha1_leaf')))['findings']).toEqual(['weak signature: SHA-1 with ECDSA']);
    expect((await check(pem('weak_expired_root')))['findings']).not.toContainEqual(
      expect.stringContaining('signature'),
    );
  });

  test('fails for good on an expired certificate of a server, and on what is none', async () => {
    await expect(check(pem('expired_leaf'))).rejects.toMatchObject({
      code: 'NON_RETRYABLE',
      message: expect.stringContaining('expired') as string,
    });
    const broken = pem('good_root').replace(/MII/, 'AAA');
    await expect(check(broken)).rejects.toMatchObject({ code: 'NON_RETRYABLE' });
  });

  test('refuses a payload without a certificate', async () => {
    await expect(check('nothing')).rejects.toMatchObject({ code: 'BAD_PAYLOAD', field: 'payload.pem' });
  });

  test('understands each root that comes with Node', async () => {
    for (const text of rootCertificates) expect(await check(text)).toHaveProperty('serial');
  });
});
