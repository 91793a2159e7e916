// Which colour has which meaning? Chalk, loaded only where something is coloured.
import { Chalk } from 'chalk'
import type { Style } from './style.ts'

/** The palette of a stream that takes colour. */
export function colourStyle(): Style {
  const chalk = new Chalk({ level: 1 })
  return {
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    warn: (text) => chalk.yellow(text),
    strong: (text) => chalk.bold(text),
    faint: (text) => chalk.dim(text),
  }
}
