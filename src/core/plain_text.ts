/** Text that may be shown on a terminal: control characters, which could steer it, are replaced; line breaks stay. */
export function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g, '\u{FFFD}');
}
