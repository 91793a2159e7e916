// paygress devnet: a relay, a mint and a provider on this machine, until it is interrupted.
import { PaygressError } from '../core/errors.ts'
import { startDevnet } from '../wiring/wire-devnet.ts'
import { wireLog } from '../wiring/wire-log.ts'
import { exportsAnswer } from './devnet-exports.ts'
import type { Invocation } from './invocation.ts'
import { untilStopped } from './until-stopped.ts'

const HIGHEST_PORT = 65_534

export async function run(invocation: Invocation): Promise<undefined> {
  const { options, terminal, signal } = invocation
  const port = options.count('port', 1, HIGHEST_PORT)
  const provider = options.flag('withProvider')
  terminal.progress.step(provider ? 'starting relay, mint and provider' : 'starting relay and mint')
  const devnet = await startDevnet({
    dir: options.text('dir'),
    port,
    provider,
    log: wireLog({ level: options.flag('verbose') ? 'debug' : 'warn' }),
  })
  try {
    terminal.progress.done()
    if (signal.aborted) throw new PaygressError('interrupted', 'interrupted while starting')
    await terminal.answer(exportsAnswer(devnet))
    terminal.say('ready; Ctrl-C ends it')
    await untilStopped(signal)
  } finally {
    await devnet.close()
  }
}
