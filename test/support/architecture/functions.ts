/** A function, method or arrow with a body, in a stripped text. */
export type FunctionSpan = {
  name: string;
  parameters: number;
  /** Offsets of the parameter list's start and the body's end. */
  start: number;
  end: number;
  /** The call that the function is an argument of, such as `describe`; empty when it is none. */
  argumentOf: string;
};

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const CONTROL = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'await']);

/** Every function with a body; function types count as arrows, for a type with five parameters is no better. */
export function findFunctions(stripped: string): FunctionSpan[] {
  const found: FunctionSpan[] = [];
  for (let start = stripped.indexOf('('); start !== -1; start = stripped.indexOf('(', start + 1)) {
    const close = matching(stripped, start);
    const end = close === -1 ? undefined : bodyEnd(stripped, start, close);
    if (end === undefined) continue;
    const parameters = countParameters(stripped.slice(start + 1, close));
    found.push({ name: nameBefore(stripped, start), parameters, start, end, argumentOf: callAround(stripped, start) });
  }
  return found;
}

/** Offset of the bracket that closes the one at `open`, or -1. */
function matching(text: string, open: number): number {
  const stack: string[] = [];
  for (let at = open; at < text.length; at += 1) {
    const char = text[at] ?? '';
    const closing = CLOSING[char];
    if (closing !== undefined) stack.push(closing);
    else if (char === stack.at(-1)) {
      stack.pop();
      if (stack.length === 0) return at;
    }
  }
  return -1;
}

/** Where the body ends of the function whose parameter list is `start` to `close`; undefined when it is not one. */
function bodyEnd(text: string, start: number, close: number): number | undefined {
  const after = skipSpace(text, close + 1);
  if (text.startsWith('=>', after)) return arrowEnd(text, after + 2);
  const mayBeNamed = /[\w$>\]]$/.test(text.slice(0, start).trimEnd()) && !CONTROL.has(nameBefore(text, start));
  if (text[after] === '{') return mayBeNamed ? matching(text, after) : undefined;
  if (text[after] !== ':') return undefined;
  const body = endOfReturnType(text, after + 1);
  if (body === undefined) return undefined;
  if (text.startsWith('=>', body)) return arrowEnd(text, body + 2);
  return mayBeNamed ? matching(text, body) : undefined;
}

/** Offset of the `{` or `=>` after a return type; undefined when what follows is no function. */
function endOfReturnType(text: string, from: number): number | undefined {
  let angles = 0;
  for (let at = skipSpace(text, from); at < text.length; at += 1) {
    const char = text[at] ?? '';
    const type = text.slice(from, at).trim();
    if (text.startsWith('=>', at)) {
      if (angles === 0 && !/^(?:new\s*)?(?:<.*>)?\([^]*\)$/.test(type)) return at;
      at += 1;
    } else if (char === '{' && angles === 0 && !/^$|(?:[|&?:]|=>|\bextends)$/.test(type)) return at;
    else if (char === '<') angles += 1;
    else if (char === '>') angles -= 1;
    else if (CLOSING[char] !== undefined) {
      const close = matching(text, at);
      if (close === -1) return undefined;
      at = close;
    } else if (angles === 0 && /[;,)\]}=]/.test(char)) return undefined;
  }
  return undefined;
}

function arrowEnd(text: string, from: number): number {
  let at = skipSpace(text, from);
  if (text[at] === '{') return matching(text, at);
  while (at < text.length && !/[;,)\]}]/.test(text[at] ?? '')) {
    const close = CLOSING[text[at] ?? ''] === undefined ? at : matching(text, at);
    at = (close === -1 ? text.length : close) + 1;
  }
  return at;
}

function countParameters(list: string): number {
  let depth = 0;
  let count = 0;
  let isEmpty = true;
  for (const [at, char] of list.split('').entries()) {
    if (/[([{<]/.test(char)) depth += 1;
    else if (/[)\]}]/.test(char) || (char === '>' && list[at - 1] !== '=')) depth -= 1;
    if (char === ',' && depth === 0) {
      count += 1;
      isEmpty = true;
    } else if (!/\s/.test(char)) isEmpty = false;
  }
  return isEmpty ? count : count + 1;
}

function nameBefore(text: string, at: number): string {
  return /([\w$]+)\s*(?:<[^()]*>)?\s*$/.exec(text.slice(Math.max(0, at - 200), at))?.[1] ?? '';
}

/** The name before the nearest unclosed `(` to the left, `describe.each(…)(` included. */
function callAround(text: string, from: number): string {
  let depth = 0;
  for (let at = from - 1; at >= 0 && !(depth === 0 && /[{;]/.test(text[at] ?? '')); at -= 1) {
    if (/[)\]}]/.test(text[at] ?? '')) depth += 1;
    else if (/[([{]/.test(text[at] ?? '')) {
      if (depth === 0) return /([\w$]+)[.\w]*(?:\([^()]*\))?$/.exec(text.slice(Math.max(0, at - 200), at))?.[1] ?? '';
      depth -= 1;
    }
  }
  return '';
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return at;
}
