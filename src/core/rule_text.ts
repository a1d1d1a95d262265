/** The text of a stored rule, cut in front of what plans do not depend on. */
export type RuleParts = {
  /** Rules with the same key are planned alike. */
  key: string;
  /** See Seal.signSchedule. */
  signature: string | undefined;
  payloadJson: string;
};

/**
 * Cuts the text of a rule in front of its tags, its signature and its payload, which are the last keys (see ScheduleRule).
 * A quote within a JSON string has a backslash before it, so the first `,"p":` is the key. A text that was cut off
 * matches none.
 */
export function splitRule(ruleJson: string): RuleParts {
  if (!ruleJson.endsWith('}')) return { key: `damaged ${ruleJson}`, signature: undefined, payloadJson: 'null' };
  const payloadAt = ruleJson.indexOf(',"p":');
  const rule = ruleJson.slice(0, payloadAt < 0 ? -1 : payloadAt);
  const tagsAt = rule.indexOf(',"tg":');
  const signatureAt = rule.indexOf(',"sg":"');
  const keyEnd = tagsAt < 0 ? signatureAt : tagsAt;
  return {
    key: keyEnd < 0 ? rule : rule.slice(0, keyEnd),
    signature: signatureAt < 0 ? undefined : rule.slice(signatureAt + 7, -1),
    payloadJson: payloadAt < 0 ? 'null' : ruleJson.slice(payloadAt + 5, -1),
  };
}

/** The rule with the signature of its payload, in front of it; unchanged where nobody signs. */
export function signRule(ruleJson: string, sign: (payloadJson: string) => string | undefined): string {
  const signature = sign(splitRule(ruleJson).payloadJson);
  if (signature === undefined) return ruleJson;
  const payloadAt = ruleJson.indexOf(',"p":');
  const end = payloadAt < 0 ? ruleJson.length - 1 : payloadAt;
  return `${ruleJson.slice(0, end)},"sg":"${signature}"${ruleJson.slice(end)}`;
}
