import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadKubeconfig } from '../../../src/compute/kubernetes/kubeconfig.ts'

const TWO_CONTEXTS = `apiVersion: v1
kind: Config
current-context: one
contexts:
  - {name: one, context: {cluster: one, user: me}}
  - {name: two, context: {cluster: two, user: me}}
clusters:
  - {name: one, cluster: {server: 'https://one.example'}}
  - {name: two, cluster: {server: 'https://two.example'}}
users: [{name: me, user: {token: t0ken}}]
`

describe('the cluster', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'paygress-kubeconfig-'))
    file = join(folder, 'kubeconfig')
    writeFileSync(file, TWO_CONTEXTS)
    vi.stubEnv('KUBECONFIG', '')
    vi.stubEnv('HOME', folder)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  test('is that of the file, and of another context where one is named', async () => {
    const serverOf = async (context?: string): Promise<string | undefined> => {
      const config = await loadKubeconfig({ kubeconfig: file, ...(context === undefined ? {} : { context }) })
      return config.getCurrentCluster()?.server
    }
    expect(await serverOf()).toBe('https://one.example')
    expect(await serverOf('two')).toBe('https://two.example')
  })

  test('is that of KUBECONFIG where no file is named', async () => {
    vi.stubEnv('KUBECONFIG', file)
    expect((await loadKubeconfig({})).getCurrentCluster()?.server).toBe('https://one.example')
  })

  test('is never one that nobody named', async () => {
    await expect(loadKubeconfig({})).rejects.toMatchObject({
      code: 'config_invalid',
      message: 'no cluster is configured',
      hint: expect.stringContaining('KUBECONFIG'),
    })
  })

  test('of a wrong context is refused with those that there are', async () => {
    await expect(loadKubeconfig({ kubeconfig: file, context: 'three' })).rejects.toMatchObject({
      code: 'config_invalid',
      hint: 'choose one with --context; it has: one, two',
    })
  })

  test('of a file that is missing or no kubeconfig is refused without its content', async () => {
    await expect(loadKubeconfig({ kubeconfig: join(folder, 'no') })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('cannot be read'),
    })
    writeFileSync(file, 'users: {token: t0ken')
    await expect(loadKubeconfig({ kubeconfig: file })).rejects.toSatisfy(
      (error: Error) => !JSON.stringify([error.message, error.cause]).includes('t0ken'),
    )
    writeFileSync(file, 'current-context: gone\nclusters: []\ncontexts: []\nusers: []\n')
    await expect(loadKubeconfig({ kubeconfig: file })).rejects.toMatchObject({ code: 'config_invalid' })
  })
})
