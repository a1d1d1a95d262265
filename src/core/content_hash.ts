/** FNV-1a, 64 bits as two 32-bit halves, in base 36: content addresses of policies, templates and job sets. Not for security. */
export function contentHash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ (unit + 0x9e37), 0x01000193);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}
