type Rule = { pattern: RegExp; says: 'out' | 'in' };

/**
 * Whether a path, relative to the context and with `/`, is let into a build. As in Docker the last rule that matches the
 * path or a folder above it decides.
 */
export function readDockerIgnore(text: string): (path: string) => boolean {
  const lines = text.split('\n').map((line) => line.trim());
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#')).map(toRule);
  return (path) => {
    const parts = path.split('/');
    const selfAndAbove = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return rules.findLast(({ pattern }) => selfAndAbove.some((one) => pattern.test(one)))?.says !== 'out';
  };
}

function toRule(line: string): Rule {
  const says = line.startsWith('!') ? 'in' : 'out';
  const glob = line.replace(/^!/, '').replaceAll(/^\/|\/$/g, '');
  const source = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('**/', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('\u0000', '(?:.*/)?');
  return { pattern: new RegExp(`^${source}$`), says };
}
