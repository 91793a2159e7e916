// How does text look? Colours by meaning, and nothing at all where colour is off.
export interface Style {
  good(text: string): string
  bad(text: string): string
  warn(text: string): string
  strong(text: string): string
  faint(text: string): string
}

/** No colour, without loading a library for it. */
export const PLAIN: Style = {
  good: (text) => text,
  bad: (text) => text,
  warn: (text) => text,
  strong: (text) => text,
  faint: (text) => text,
}
