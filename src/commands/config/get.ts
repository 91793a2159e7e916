// paygress config get: what is one preference?
import { parseSettingKey, wireSettings } from '../../wiring/wire-settings.ts'
import { firstArgument, type Invocation } from '../invocation.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const key = parseSettingKey(firstArgument(invocation, 'the name of a preference'))
  const settings = await wireSettings(invocation.env, invocation.options.text('profile'))
  const value = settings.get(key)
  const text = value === undefined ? [] : [typeof value === 'object' ? value.join(',') : String(value)]
  await invocation.terminal.answer({
    document: { key, value: value ?? null },
    names: text,
    human: { kind: 'lines', lines: text },
  })
  if (value === undefined) invocation.terminal.say(`${key} is not set`)
}
