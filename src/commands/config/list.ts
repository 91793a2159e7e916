// paygress config list: which preferences are set?
import { tableAnswer } from '../../terminal/answer.ts'
import { wireSettings } from '../../wiring/wire-settings.ts'
import type { Invocation } from '../invocation.ts'

interface Row {
  key: string
  value: string
}

const COLUMNS = [
  { key: 'key', title: 'KEY', text: (row: Row) => row.key },
  { key: 'value', title: 'VALUE', text: (row: Row) => row.value },
]

export async function run(invocation: Invocation): Promise<undefined> {
  const settings = await wireSettings(invocation.env, invocation.options.text('profile'))
  const set = settings.list()
  const rows = set.map(({ key, value }) => ({
    key,
    value: typeof value === 'object' ? value.join(',') : String(value),
  }))
  await invocation.terminal.answer({
    document: { settings: set },
    names: set.map(({ key }) => key),
    human: tableAnswer(COLUMNS, rows, 'no preferences are set; paygress config set <key> <value> sets one'),
  })
}
