// How does a person see that something is going on? A spinner on terminals, one plain line per change elsewhere.
import type { Ora } from 'ora'
import type { Progress } from '../core/progress.ts'
import { printable } from './printable.ts'
import type { Streams } from './streams.ts'
import type { Style } from './style.ts'

/** Plain lines on stderr, one per change of state; nothing when quiet. */
export function plainProgress(streams: Streams, style: Style, quiet: boolean): Progress {
  let last = ''
  const line = (text: string, look = (plain: string) => plain) => {
    if (!quiet && text !== last) streams.stderr.write(`${look(printable(text))}\n`)
    last = text
  }
  return {
    step: (text) => line(text, style.faint),
    note: (text) => line(text),
    done: (text) => {
      if (text !== undefined) line(text)
    },
  }
}

export interface Animation extends Progress {
  /** Makes room for a question. */
  pause(): void
  stop(): void
}

/** A spinner that becomes a ticked line when its step is done; its library is loaded with the first step. */
export function animatedProgress(streams: Streams, style: Style): Animation {
  let spinner: Ora | undefined
  let loading: Promise<void> | undefined
  /** The step that runs, also while the library is still on its way. */
  let running: string | undefined
  const load = async () => {
    const { default: ora } = await import('ora')
    spinner = ora({ stream: streams.stderr, discardStdin: false })
    if (running !== undefined) spinner.start(running)
  }
  const stop = () => {
    spinner?.stop()
    running = undefined
  }
  const line = (text: string) => streams.stderr.write(`${text}\n`)
  const settle = (text = running) => {
    const wasRunning = running !== undefined
    stop()
    if (wasRunning && text !== undefined) line(`${style.good('✓')} ${printable(text)}`)
  }
  return {
    step(text) {
      settle()
      running = printable(text)
      spinner?.start(running)
      loading ??= load()
    },
    note(text) {
      spinner?.stop()
      line(printable(text))
      if (running !== undefined) spinner?.start(running)
    },
    done: settle,
    pause: stop,
    stop,
  }
}
