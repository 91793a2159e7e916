// Which cluster, and as whom?
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { PaygressError } from '../../core/errors.ts'

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'
const HINT = 'name a kubeconfig with --kubeconfig or KUBECONFIG'

export interface KubeconfigChoice {
  kubeconfig?: string
  context?: string
}

/**
 * Loads the named kubeconfig, else that of KUBECONFIG, else the service account of this pod, else ~/.kube/config; never a
 * cluster that nobody named. Throws `config_invalid`.
 */
export async function loadKubeconfig({ kubeconfig, context }: KubeconfigChoice): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  const fromEnvironment = (process.env['KUBECONFIG'] ?? '').split(delimiter).find((path) => path !== '')
  const home = join(homedir(), '.kube', 'config')
  const file = kubeconfig ?? fromEnvironment
  if (file !== undefined) loadFile(config, file)
  else if (isReadable(SERVICE_ACCOUNT_TOKEN)) config.loadFromCluster()
  else if (isReadable(home)) loadFile(config, home)
  else throw new PaygressError('config_invalid', 'no cluster is configured', { hint: HINT })
  if (context !== undefined) useContext(config, context)
  if (config.getCurrentCluster() === null) {
    throw new PaygressError('config_invalid', 'the kubeconfig names no cluster for its current context', {
      hint: `choose one with --context; it has: ${contextNames(config)}`,
    })
  }
  return config
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file)
  } catch (error) {
    // The cause could quote the file, which holds keys.
    const missing = !isReadable(file)
    throw new PaygressError(
      'config_invalid',
      missing ? `the kubeconfig ${file} cannot be read` : `the file ${file} is no kubeconfig`,
      { hint: HINT, ...(missing ? { cause: error } : {}) },
    )
  }
}

function useContext(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    throw new PaygressError('config_invalid', `the kubeconfig has no context "${context}"`, {
      hint: `choose one with --context; it has: ${contextNames(config)}`,
    })
  }
  config.setCurrentContext(context)
}

function contextNames(config: KubeConfig): string {
  return (
    config
      .getContexts()
      .map(({ name }) => name)
      .join(', ') || 'none'
  )
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}
