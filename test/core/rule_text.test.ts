import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signRule, splitRule } from '../../src/core/rule_text.ts';

/** Texts that hold what the cut looks for. */
const nasty = fc.constantFrom(',"p":', ',"sg":"', ',"tg":', '"p":', '}', 'ä', '"', '\\');
const rules = fc.record({
  rule: fc.record({ c: fc.constant('* * * * *'), z: fc.oneof(nasty, fc.string()) }),
  tags: fc.option(fc.array(fc.oneof(nasty, fc.string()), { minLength: 1 }), { nil: undefined }),
  payload: fc.option(fc.oneof(nasty, fc.dictionary(fc.oneof(nasty, fc.string()), nasty), fc.jsonValue()), {
    nil: undefined,
  }),
});

const textOf = (rule: object, tags: unknown, payload: unknown): string =>
  JSON.stringify({
    ...rule,
    ...(tags === undefined ? {} : { tg: tags }),
    ...(payload === undefined ? {} : { p: payload }),
  });

describe('the text of a rule', () => {
  test('is cut into what is planned by, its signature and its payload, signed or not', () => {
    fc.assert(
      fc.property(rules, ({ rule, tags, payload }) => {
        const text = textOf(rule, tags, payload);
        const key = JSON.stringify(rule).slice(0, -1);
        const payloadJson = JSON.stringify(payload ?? null);
        expect(splitRule(text)).toEqual({ key, signature: undefined, payloadJson });
        let shown = '';
        const signed = signRule(text, (json) => {
          shown = json;
          return 's1.abc_-';
        });
        expect(shown).toBe(payloadJson);
        expect(splitRule(signed)).toEqual({ key, signature: 's1.abc_-', payloadJson });
        const { sg, ...rest } = JSON.parse(signed) as Record<string, unknown>;
        expect(sg).toBe('s1.abc_-');
        expect(JSON.stringify(rest)).toBe(text);
      }),
    );
  });

  test('stays as it is where nobody signs', () => {
    expect(signRule('{"c":"* * * * *","p":1}', () => undefined)).toBe('{"c":"* * * * *","p":1}');
  });

  test('that was cut off is like no other', () => {
    expect(splitRule('{"c":"* * *')).toEqual({ key: 'damaged {"c":"* * *', signature: undefined, payloadJson: 'null' });
  });
});
