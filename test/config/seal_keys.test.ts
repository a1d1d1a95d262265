import { describe, expect, test } from 'vitest';
import { describeConfig, loadConfig } from '../../src/config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const OTHER = Buffer.alloc(32, 9).toString('base64');
const load = (env: Record<string, string>) => loadConfig({ env, cwd: '/nowhere' });

describe('the keys of payloads', () => {
  test('are read with their ids, the first one first, and never shown', () => {
    const config = load({
      BELFRY_PAYLOAD_KEYS: `new:${KEY},old:${OTHER}`,
      BELFRY_SIGNING_KEYS: `s1:${OTHER}\n`,
      BELFRY_REQUIRE_SIGNED: 'true',
    });
    expect(config.sealKeys).toEqual({
      payload: [
        { id: 'new', secret: KEY },
        { id: 'old', secret: OTHER },
      ],
      signing: [{ id: 's1', secret: OTHER }],
      signatures: 'required',
    });
    const shown = describeConfig(config);
    expect(shown).toContain('encrypted with new, old; signed with s1, required');
    expect(shown).not.toContain(KEY.slice(0, 8));
    expect(shown).not.toContain(OTHER.slice(0, 8));
  });

  test('are none by default', () => {
    expect(load({}).sealKeys).toEqual({ payload: [], signing: [], signatures: 'optional' });
  });

  test.each([
    ['no id', KEY],
    ['an empty id', `:${KEY}`],
    ['an id with a dot', `a.b:${KEY}`],
    ['no base64', `a:${KEY.slice(1)}!`],
    ['too short a key', `a:${Buffer.alloc(16, 7).toString('base64')}`],
    ['too long a key', `a:${Buffer.alloc(48, 7).toString('base64')}`],
    ['one id twice', `a:${KEY},a:${OTHER}`],
    ['nothing', ','],
  ])('with %s are refused, and the error shows no key', (_what, written) => {
    let message = '';
    try {
      load({ BELFRY_PAYLOAD_KEYS: written });
    } catch (error) {
      const {
        code,
        field,
        hint,
        message: said,
      } = error as { code: string; field: string; hint: string; message: string };
      expect({ code, field }).toEqual({ code: 'BAD_CONFIG', field: 'BELFRY_PAYLOAD_KEYS' });
      message = `${said} ${hint}`;
    }
    expect(message).toContain('openssl rand -base64 32');
    expect(message).not.toContain(KEY.slice(4, 12));
  });

  test('must be there where signatures are required', () => {
    expect(() => load({ BELFRY_REQUIRE_SIGNED: 'true' })).toThrow(/no key to verify/);
  });
});
