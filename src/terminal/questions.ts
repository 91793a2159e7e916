// How is a person asked? Only on a terminal; everywhere else the flag that answers is named and the command ends with exit 4.
import { PaygressError } from '../core/errors.ts'
import type { Ask } from '../core/progress.ts'
import { printable } from './printable.ts'
import { canPrompt, type Streams } from './streams.ts'

/** Asks with inquirer on stderr. `beforeAsking` clears a running spinner. */
export function makeAsk(streams: Streams, options: { beforeAsking(): void; signal: AbortSignal }): Ask {
  const canAsk = canPrompt(streams)
  const context = { output: streams.stderr, input: streams.stdin, signal: options.signal }
  const guard = (question: string, flag: string) => {
    if (!canAsk) throw needsInput(question, flag)
    options.beforeAsking()
  }
  return {
    canAsk,
    async confirm(question, flag) {
      guard(question, flag)
      const { confirm } = await import('@inquirer/prompts')
      return interruptible(confirm({ message: printable(question), default: false }, context))
    },
    async input(question, { flag, suggestion, problem }) {
      guard(question, flag)
      const { input } = await import('@inquirer/prompts')
      return interruptible(
        input(
          {
            message: printable(question),
            ...(suggestion === undefined ? {} : { default: suggestion }),
            validate: (answer) => problem?.(answer) ?? true,
          },
          context,
        ),
      )
    },
    async secret(question, flag) {
      guard(question, flag)
      const { password } = await import('@inquirer/prompts')
      return interruptible(password({ message: printable(question) }, context))
    },
    async select(question, choices, flag) {
      guard(question, flag)
      const { select } = await import('@inquirer/prompts')
      const shown = choices.map(({ name, value }) => ({ name: printable(name), value }))
      return interruptible(select({ message: printable(question), choices: shown }, context))
    },
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
