// paygress serve: the provider daemon, until SIGTERM or SIGINT.
import { PaygressError } from '../core/errors.ts'
import { wireLog } from '../wiring/wire-log.ts'
import { providerConfig } from '../wiring/provider-settings.ts'
import { wireProvider } from '../wiring/wire-provider.ts'
import type { Invocation } from './invocation.ts'
import { untilStopped } from './until-stopped.ts'

export async function run({ options, env, signal }: Invocation): Promise<undefined> {
  const config = providerConfig({
    env,
    envFile: options.text('envFile'),
    backend: options.text('backend'),
    kubeconfig: options.text('kubeconfig'),
    context: options.text('context'),
  })
  const log = wireLog({ level: config.logLevel })
  const provider = await wireProvider({ config, log })
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
