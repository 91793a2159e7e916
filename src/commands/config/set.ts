// paygress config set: keep a preference, or with an empty value go back to the default.
import { parseSettingKey, settingText, wireSettings } from '../../wiring/wire-settings.ts'
import { firstArgument, type Invocation } from '../invocation.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const key = parseSettingKey(firstArgument(invocation, 'the name of a preference'))
  const text = invocation.args[1] ?? ''
  const settings = await wireSettings(invocation.env, invocation.options.text('profile'))
  if (text.trim() === '') await settings.unset(key)
  else await settings.setText(key, await settingText(key, text))
  const value = settings.get(key)
  await invocation.terminal.answer({
    document: { key, value: value ?? null },
    names: [key],
    human: {
      kind: 'lines',
      lines: [value === undefined ? `${key} is back to its default` : `${key} is set`],
    },
  })
}
