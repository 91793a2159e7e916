// paygress serve: the provider daemon, until SIGTERM or SIGINT.
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
    const started = provider.start()
    await Promise.race([started, untilStopped(signal)])
    if (!signal.aborted) await untilStopped(signal)
  } finally {
    await provider.stop()
  }
}
