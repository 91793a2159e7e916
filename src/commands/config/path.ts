// paygress config path: where does paygress keep its files?
import { fieldLines } from '../../terminal/answer.ts'
import { profilePaths } from '../../wiring/wire-settings.ts'
import type { Invocation } from '../invocation.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { config, data, state, cache } = profilePaths(invocation.env, invocation.options.text('profile'))
  await invocation.terminal.answer({
    document: { config, data, state, cache },
    names: [config],
    human: { kind: 'lines', lines: fieldLines(Object.entries({ config, data, state, cache })) },
  })
}
