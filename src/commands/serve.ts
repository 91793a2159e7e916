// paygress serve: the provider daemon, until SIGTERM or SIGINT.
import { PaygressError } from '../core/errors.ts'
import { wireLog } from '../wiring/wire-log.ts'
import { wireProvider } from '../wiring/wire-provider.ts'
import type { Invocation } from './invocation.ts'
import { configuredProvider } from './provider/provider-options.ts'
import { untilStopped } from './until-stopped.ts'

export async function run(invocation: Invocation): Promise<undefined> {
  const { signal } = invocation
  const config = await configuredProvider(invocation)
  const log = wireLog({ level: config.logLevel })
  const provider = await wireProvider({
    config,
    log,
    acceptNewCluster: invocation.options.flag('acceptNewCluster'),
  })
  try {
    const stopped = untilStopped(signal)
    await Promise.race([provider.start(), stopped])
    const isLost = await Promise.race([stopped.then(() => false), provider.lost.then(() => true)])
    if (isLost) {
      throw new PaygressError('failed', 'another daemon may have taken over; this one has stopped', {
        hint: 'start it again: it stands by until it is needed',
      })
    }
  } finally {
    await provider.stop()
  }
}
