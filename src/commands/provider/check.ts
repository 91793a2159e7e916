// paygress provider check: could this provider serve, and what has to be mended first?
import type { Finding } from '../../provider/check-provider.ts'
import { tableAnswer } from '../../terminal/answer.ts'
import { wireLog } from '../../wiring/wire-log.ts'
import { wireProviderCheck } from '../../wiring/wire-provider-check.ts'
import type { Invocation } from '../invocation.ts'
import { configuredProvider } from './provider-options.ts'

const COLUMNS = [
  { key: 'level', title: 'LEVEL', text: (row: Finding) => row.level },
  { key: 'about', title: 'ABOUT', text: (row: Finding) => row.about },
  { key: 'what', title: 'WHAT', text: (row: Finding) => row.what },
  { key: 'fix', title: 'FIX', text: (row: Finding) => row.fix ?? '' },
] as const

export async function run(invocation: Invocation): Promise<number> {
  const { terminal } = invocation
  const config = await configuredProvider(invocation)
  terminal.progress.step('asking the back end, mints and relays')
  const findings = await wireProviderCheck(config, wireLog({ level: 'error' }))
  terminal.progress.done()
  const failed = findings.some(({ level }) => level === 'fail')
  await terminal.answer({
    document: {
      ok: !failed,
      findings: findings.map(({ fix, ...finding }) => ({ ...finding, fix: fix ?? null })),
    },
    names: findings.filter(({ level }) => level === 'fail').map(({ what }) => what),
    human: tableAnswer(COLUMNS, findings, 'there is nothing to check'),
  })
  return failed ? 1 : 0
}
