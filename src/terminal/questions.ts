// How is a person asked? Only on a terminal; everywhere else the flag that answers is named and the command ends with exit 4.
import type { Key } from 'node:readline'
import { PaygressError } from '../core/errors.ts'
import type { Ask } from '../core/progress.ts'
import { printable } from './printable.ts'
import { canPrompt, type Streams } from './streams.ts'

/** What inquirer needs to know beside the question itself. */
interface Context {
  output: Streams['stderr']
  input: Streams['stdin']
  signal: AbortSignal
}

/** Asks with inquirer on stderr. `beforeAsking` clears a running spinner. Ctrl-D and Esc turn a question down: that is a no. */
export function makeAsk(streams: Streams, options: { beforeAsking(): void; signal: AbortSignal }): Ask {
  const canAsk = canPrompt(streams)
  const guard = (question: string, flag: string) => {
    if (!canAsk) throw needsInput(question, flag)
    options.beforeAsking()
  }
  const answered = async <Value>(ask: (context: Context) => Promise<Value>): Promise<Value> => {
    const answer = await answerTo(ask, streams, options.signal)
    if (answer !== TURNED_DOWN) return answer
    throw new PaygressError('declined', 'the question was not answered; nothing was done', {
      hint: 'the same command asks again',
    })
  }
  return {
    canAsk,
    async confirm(question, flag) {
      guard(question, flag)
      const { confirm } = await import('@inquirer/prompts')
      const ask = async (context: Context) =>
        confirm({ message: printable(question), default: false }, context)
      return (await answerTo(ask, streams, options.signal)) === true
    },
    async input(question, { flag, suggestion, problem }) {
      guard(question, flag)
      const { input } = await import('@inquirer/prompts')
      const config = {
        message: printable(question),
        ...(suggestion === undefined ? {} : { default: suggestion }),
        validate: (answer: string) => problem?.(answer) ?? true,
      }
      return answered(async (context) => input(config, context))
    },
    async secret(question, flag) {
      guard(question, flag)
      const { password } = await import('@inquirer/prompts')
      return answered(async (context) => password({ message: printable(question) }, context))
    },
    async select(question, choices, flag) {
      guard(question, flag)
      const { select } = await import('@inquirer/prompts')
      const shown = choices.map(({ name, value }) => ({ name: printable(name), value }))
      return answered(async (context) => select({ message: printable(question), choices: shown }, context))
    },
  }
}

const TURNED_DOWN = Symbol('turned down')

/** The answer, or that there is none; inquirer itself waits for ever after Ctrl-D, and does not know Esc. */
async function answerTo<Value>(
  ask: (context: Context) => Promise<Value>,
  { stderr, stdin }: Streams,
  signal: AbortSignal,
): Promise<Value | typeof TURNED_DOWN> {
  const down = new AbortController()
  const onKey = (_: unknown, { name, ctrl }: Key) => {
    if (name === 'escape' || (name === 'd' && ctrl === true)) down.abort()
  }
  stdin.on('keypress', onKey)
  try {
    const either = AbortSignal.any([signal, down.signal])
    return await interruptible(ask({ output: stderr, input: stdin, signal: either }))
  } catch (error) {
    if (down.signal.aborted && !signal.aborted) return TURNED_DOWN
    throw error
  } finally {
    stdin.off('keypress', onKey)
  }
}

function needsInput(question: string, flag: string): PaygressError {
  return new PaygressError('input_needed', `an answer is needed and nobody can be asked here: ${question}`, {
    hint: `give ${flag}`,
    details: { flag },
  })
}

/** Inquirer rejects with ExitPromptError on Ctrl-C and AbortPromptError on the signal: both are an interruption. */
async function interruptible<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer
  } catch (error) {
    const stopped = error instanceof Error && /^(?:Exit|Abort|Cancel)PromptError$/.test(error.name)
    if (stopped)
      throw new PaygressError('interrupted', 'interrupted at the question; nothing was done', {
        cause: error,
      })
    throw error
  }
}
