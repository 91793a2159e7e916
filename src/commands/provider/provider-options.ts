// How do the options of the provider's commands become its configuration?
import type { ProviderConfig } from '../../provider/provider-config.ts'
import { providerConfig } from '../../wiring/provider-settings.ts'
import type { Invocation } from '../invocation.ts'

/** The configuration that `serve` and `provider` share. Throws `config_invalid` with everything that is wrong. */
export function configuredProvider({ env, options }: Invocation): ProviderConfig {
  return providerConfig({
    env,
    envFile: options.text('envFile'),
    backend: options.text('backend'),
    kubeconfig: options.text('kubeconfig'),
    context: options.text('context'),
  })
}
