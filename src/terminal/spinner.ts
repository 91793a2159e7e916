// How does a person see that something is going on? A spinner on terminals, one plain line per change elsewhere.
import type { Progress } from '../core/progress.ts'
import type { Streams } from './streams.ts'
import type { Style } from './style.ts'

/** Plain lines on stderr, one per change of state; nothing when quiet. */
export function plainProgress(streams: Streams, style: Style, quiet: boolean): Progress {
  let last = ''
  const line = (text: string) => {
    if (!quiet && text !== last) streams.stderr.write(`${text}\n`)
    last = text
  }
  return {
    step: (text) => line(style.faint(text)),
    note: line,
    done: (text) => {
      if (text !== undefined) line(text)
    },
  }
}

/** A spinner that becomes a ticked line when its step is done; loads its library with the first step. */
export async function animatedProgress(style: Style): Promise<Progress & { pause(): void; stop(): void }> {
  const { default: ora } = await import('ora')
  const spinner = ora({ stream: process.stderr, discardStdin: false })
  const settle = (text?: string) => {
    if (!spinner.isSpinning) return
    spinner.stopAndPersist({ symbol: style.good('✓'), ...(text === undefined ? {} : { text }) })
  }
  return {
    step: (text) => {
      settle()
      spinner.start(text)
    },
    note: (text) => {
      const running = spinner.isSpinning ? spinner.text : undefined
      spinner.stop()
      process.stderr.write(`${text}\n`)
      if (running !== undefined) spinner.start(running)
    },
    done: settle,
    pause: () => {
      spinner.stop()
    },
    stop: () => {
      spinner.stop()
    },
  }
}
