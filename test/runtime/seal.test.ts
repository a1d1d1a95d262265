import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packExtras, unpackExtras, type Extras } from '../../src/core/extras.ts';
import { packBody, packOpenHead, unpackRun, type Run } from '../../src/core/run.ts';
import { scheduledBody, sealRun, type Seal, type SealKeys } from '../../src/core/seal.ts';
import { createSeal } from '../../src/runtime/seal.ts';
import { sealKey } from '../support/seal_keys.ts';

const keys: SealKeys = { payload: [sealKey('p1')], signing: [sealKey('s1')], signatures: 'required' };
const seal = createSeal(keys);
const nobody = createSeal({ payload: [], signing: [], signatures: 'optional' });

/** A run as it comes out of Redis after it was sealed. */
function stored(by: Seal, payloadJson: string, { id = 'a1', extras = {} }: { id?: string; extras?: Extras } = {}): Run {
  const head = packOpenHead({ job: 'work', queue: 'q', priority: 5, policy: 'p' });
  return unpackRun(id, `7 ${head}${packBody(sealRun(by, { id, job: 'work', extras }, payloadJson))}`);
}

const changed = (run: Run, extras: Partial<Extras>): Run => ({
  ...run,
  extras: packExtras({ ...unpackExtras(run.extras), ...extras }),
});
const fails = (act: () => unknown, refusal: string): void => {
  expect(act).toThrow(expect.objectContaining({ refusal }) as Error);
};

describe('a sealed payload', () => {
  test('is opened to what it was, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, deadline) => {
        const json = JSON.stringify(value);
        const run = stored(seal, json, { extras: { deadline } });
        expect(seal.open(run)).toBe(json);
        expect(JSON.parse(run.payloadJson)).toMatch(/^[A-Za-z0-9+/]+=*$/);
        expect(unpackExtras(run.extras)).toMatchObject({ deadline, encrypted: 'p1' });
      }),
    );
    expect(stored(seal, '{"card":"4111"}').payloadJson).not.toContain('4111');
  });

  test('is another text each time', () => {
    expect(stored(seal, '1').payloadJson).not.toBe(stored(seal, '1').payloadJson);
  });

  test('is refused when any character of it, its id, its job or its deadline is another', () => {
    const run = stored(seal, '{"n":1}', { extras: { deadline: 5 } });
    fc.assert(
      fc.property(fc.nat(run.payloadJson.length - 3), (at) => {
        const old = run.payloadJson[at + 1] as string;
        const payloadJson = `${run.payloadJson.slice(0, at + 1)}${old === 'A' ? 'B' : 'A'}${run.payloadJson.slice(at + 2)}`;
        fails(() => seal.open({ ...run, payloadJson }), 'bad_signature');
      }),
    );
    fails(() => seal.open({ ...run, id: 'a2' }), 'bad_signature');
    fails(() => seal.open({ ...run, job: 'other' }), 'bad_signature');
    fails(() => seal.open(changed(run, { deadline: 6 })), 'bad_signature');
    fails(() => seal.open(changed(run, { encrypted: 'p2' })), 'bad_signature');
    fails(() => seal.open(changed(run, { signature: 's1.AAAA' })), 'bad_signature');
    fails(() => seal.open(changed(run, { signature: '' })), 'unknown_signing_key');
    fails(() => seal.open({ ...run, extras: '' }), 'unsigned');
  });

  test('cannot be decrypted under another id or job, also where nobody signs', () => {
    const unsigned = createSeal({ ...keys, signing: [], signatures: 'optional' });
    const run = stored(unsigned, '1');
    expect(unsigned.open(run)).toBe('1');
    fails(() => unsigned.open({ ...run, id: 'a2' }), 'bad_payload');
    fails(() => unsigned.open({ ...run, job: 'other' }), 'bad_payload');
    fails(() => unsigned.open({ ...run, payloadJson: '{}' }), 'bad_payload');
    fails(() => unsigned.open({ ...run, payloadJson: '"AAAA"' }), 'bad_payload');
    fails(() => unsigned.open({ ...run, payloadJson: 'no JSON' }), 'bad_payload');
  });

  test('needs its key, and says which', () => {
    const run = stored(seal, '1');
    expect(() => nobody.open(run)).toThrow(/key p1, which this process does not have/);
    fails(() => nobody.open(run), 'no_payload_key');
    fails(() => createSeal({ ...keys, signing: [sealKey('s2')] }).open(run), 'unknown_signing_key');
    fails(() => createSeal({ ...keys, signing: [sealKey('s1')] }).open(run), 'bad_signature');
    fails(() => createSeal({ ...keys, payload: [sealKey('p1')] }).open(run), 'bad_payload');
  });

  test('is still opened after its keys were rotated, and new ones use the new keys', () => {
    const rotated = createSeal({
      payload: [sealKey('p2'), ...keys.payload],
      signing: [sealKey('s2'), ...keys.signing],
      signatures: 'required',
    });
    expect(rotated.open(stored(seal, '1'))).toBe('1');
    expect(unpackExtras(stored(rotated, '1').extras)).toMatchObject({
      encrypted: 'p2',
      signature: expect.stringMatching(/^s2\./) as unknown,
    });
  });

  test('goes with the dead letter that the run was made of, and with no other', () => {
    const run = stored(seal, '1');
    expect(seal.open(changed({ ...run, id: 'a2' }, { origin: 'a1' }))).toBe('1');
    fails(() => seal.open(changed({ ...run, id: 'a2' }, { origin: 'a3' })), 'bad_signature');
  });

  test('goes with the unique key, whoever holds it', () => {
    const run = stored(seal, '1', { extras: { unique: 'k 1' } });
    expect(seal.open({ ...run, id: 'the holder' })).toBe('1');
    expect(seal.open({ ...run, id: 'schedule@7' })).toBe('1');
    fails(() => seal.open(changed(run, { unique: 'k 2' })), 'bad_signature');
  });
});

describe('a seal for a new id', () => {
  test('is as good as the old one', () => {
    const again = seal.reseal(stored(seal, '{"n":1}', { extras: { traceparent: 't', origin: 'a1' } }), 'b1');
    const run = { ...stored(seal, '1'), id: 'b1', ...again };
    expect(seal.open(run)).toBe('{"n":1}');
    expect(unpackExtras(run.extras)).toMatchObject({ traceparent: 't' });
    expect(unpackExtras(run.extras)).not.toHaveProperty('origin');
  });

  test('is not made for a forged run, and makes no unsigned one a signed one', () => {
    const lenient = createSeal({ ...keys, signatures: 'optional' });
    const unsigned = { ...stored(nobody, '1'), extras: '' };
    fails(() => seal.reseal(unsigned, 'b1'), 'unsigned');
    expect(lenient.reseal(unsigned, 'b1')).toMatchObject({ extras: '', payloadJson: '1' });
    fails(() => lenient.reseal({ ...stored(seal, '1'), id: 'a2' }, 'b1'), 'bad_signature');
    const encrypted = stored(createSeal({ ...keys, signing: [], signatures: 'optional' }), '1');
    expect(unpackExtras(lenient.reseal(encrypted, 'b1').extras)).toEqual({ encrypted: 'p1' });
  });
});

describe('the signature of a schedule', () => {
  const scheduled = (id: string, job: string, body: string): Run =>
    unpackRun(id, `7 ${packOpenHead({ job, queue: 'q', priority: 5, policy: 'p' })}${body}`);

  test('holds for each of its runs, and for no other schedule, job or payload', () => {
    const signature = seal.signSchedule('work:key', '{"n":1}');
    const body = scheduledBody({ signature, payloadJson: '{"n":1}' });
    expect(seal.open(scheduled('work:key@7', 'work', body))).toBe('{"n":1}');
    expect(seal.open(scheduled('work:key@8!b1', 'work', body))).toBe('{"n":1}');
    fails(() => seal.open(scheduled('work@7', 'work', body)), 'bad_signature');
    fails(() => seal.open(scheduled('work:key@7', 'other', body)), 'bad_signature');
    fails(() => seal.open(scheduled('a1', 'work', body)), 'bad_signature');
    fails(() => seal.open(scheduled('work:key@7', 'work', body.replace('1}', '2}'))), 'bad_signature');
  });

  test('is the same each time, and can be asked for', () => {
    const signature = seal.signSchedule('work', 'null');
    expect(seal.signSchedule('work', 'null')).toBe(signature);
    expect(seal.vouchesFor('work', 'null', signature)).toBe(true);
    expect(seal.vouchesFor('work', '1', signature)).toBe(false);
    expect(seal.vouchesFor('work', 'null', undefined)).toBe(false);
    expect(nobody.signSchedule('work', 'null')).toBeUndefined();
  });
});

test('without keys nothing is sealed and plain runs are opened as they are', () => {
  expect(nobody.closes).toBe(false);
  expect(nobody.open({ ...stored(seal, '1'), extras: '', payloadJson: '{"n":1}' })).toBe('{"n":1}');
});
