// How do the options of the provider's commands become its configuration?
import type { ProviderConfig } from '../../provider/provider-config.ts'
import { providerConfig } from '../../wiring/provider-settings.ts'
import type { Invocation } from '../invocation.ts'

/** The configuration that `serve` and `provider` share. Throws `config_invalid` with everything that is wrong. */
export async function configuredProvider({ env, options, signal }: Invocation): Promise<ProviderConfig> {
  return providerConfig({
    env,
    dotenv: options.text('dotenv'),
    backend: options.text('backend'),
    kubeconfig: options.text('kubeconfig'),
    context: options.text('context'),
    signal,
  })
}
