import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Puts a style on text, or leaves it as it is where colours are not wanted. */
export type Paint = (style: Style, text: string) => string;

export function createPaint(colour: 'on' | 'off'): Paint {
  return colour === 'on' ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
