import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endAllMachines } from '../../src/compute/process/end-all-machines.ts'
import { podProcesses } from '../../src/compute/process/pod-processes.ts'
import { startProcessCompute } from '../../src/compute/process/process-compute.ts'
import { sshArguments } from '../../src/ssh/ssh-command.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import { quietLog } from '../support/quiet-log.ts'
import { testSpecId } from '../support/test-ids.ts'
import { rentMachine } from './rented-machine.ts'
import type { RentedMachine } from './rented-machine.ts'

function commandOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8')
      .split('\0')
      .join(' ')
      .trim()
  } catch (error) {
    return `gone: ${String(error)}`
  }
}

describe('the end of a machine', { timeout: 20_000 }, () => {
  let rented: RentedMachine
  beforeEach(async () => {
    rented = await rentMachine()
  })
  afterEach(async () => rented.dispose())

  // Counted by what they run, not by how the product finds them.
  const running = (words: string): number =>
    readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid) === words).length

  const alive = (): number[] => podProcesses(rented.request.leaseId, new Set())

  test('kills everything that runs there, also what left its session or its environment', async () => {
    const quiet = '>/dev/null 2>&1 </dev/null &'
    await rented.ssh([`sleep 301 ${quiet} setsid sleep 302 ${quiet} nohup sh -c "sleep 303; true" ${quiet}`])
    await rented.ssh([`setsid sh -c 'env -i sleep 304.25; true' ${quiet}`])
    await expect.poll(() => alive().length).toBeGreaterThanOrEqual(5)
    await expect.poll(() => running('sleep 304.25')).toBe(1)
    await rented.compute.end(rented.request.leaseId)
    expect(alive()).toEqual([])
    expect(running('sleep 304.25')).toBe(0)
  })

  test('cuts open sessions and removes the home', async () => {
    const args = sshArguments(rented.byKey, [], ['echo up; touch file; sleep 300'])
    const child = spawn('ssh', ['-F', 'none', ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    expect(statSync(rented.home).mode & 0o777).toBe(0o700)
    const [[code]] = await Promise.all([once(child, 'exit'), rented.compute.end(rented.request.leaseId)])
    expect(code).toBe(255)
    expect(existsSync(rented.home)).toBe(false)
  })

  test('leaves no secret in its record', async () => {
    const path = join(rented.folder, 'compute', 'machines', `${rented.request.leaseId}.json`)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toContain('PRIVATE KEY')
    await rented.compute.end(rented.request.leaseId)
    const text = readFileSync(path, 'utf8')
    expect(text).not.toContain('PRIVATE KEY')
    expect(text).not.toContain('word')
  })

  test('comes to all machines of a place that is given up, whose daemon is gone', async () => {
    await rented.ssh(['sleep 307 >/dev/null 2>&1 </dev/null &'])
    await rented.compute.close()
    expect(alive()).toHaveLength(1)
    await endAllMachines({ dir: join(rented.folder, 'compute'), clock: Date, log: quietLog() })
    expect(alive()).toEqual([])
    expect(existsSync(rented.home)).toBe(false)
    await rented.restart()
  })

  test('comes at a deadline for processes that a dead daemon left behind', async () => {
    await rented.ssh(['sleep 305 >/dev/null 2>&1 </dev/null &'])
    const { leaseId } = rented.request
    const end = new Date(Date.now() + 2_000)
    await rented.compute.setEnd(leaseId, 'payment', end)
    await rented.compute.close()
    expect(alive()).toHaveLength(1)
    await expect.poll(() => Date.now()).toBeGreaterThan(end.getTime())
    const after = await rented.restart()
    expect(await after.describe(leaseId)).toMatchObject({ state: 'ended', reason: 'expired' })
    expect(alive()).toEqual([])
    expect(existsSync(rented.home)).toBe(false)
  })
})

describe('a home', () => {
  test('goes also where its tenant made folders read-only, and takes nothing with it that a link names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'paygress-home-'))
    chmodSync(folder, 0o777)
    const source = `
      import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
      import { removeHome } from ${JSON.stringify(join(import.meta.dirname, '../../src/compute/process/remove-home.ts'))}
      // Root removes everything, so it is done as nobody: after the imports, as a checkout can be closed to others.
      if (process.getuid() === 0) {
        process.setgroups([])
        process.setgid(65534)
        process.setuid(65534)
      }
      process.chdir(${JSON.stringify(folder)})
      mkdirSync('home/locked/deeper', { recursive: true })
      mkdirSync('kept')
      writeFileSync('kept/file', '')
      symlinkSync('../../../kept', 'home/locked/deeper/link')
      chmodSync('kept', 0o500)
      chmodSync('home/locked/deeper', 0o500)
      chmodSync('home/locked', 0)
      await removeHome('home')
      chmodSync('kept', 0o700)
      console.log(existsSync('home'), existsSync('kept/file'))`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
      cwd: '/',
    })
    rmSync(folder, { recursive: true, force: true })
    expect(child.stdout + child.stderr).toBe('false true\n')
  })
})

describe('a restart of the daemon', { timeout: 20_000 }, () => {
  test('keeps port, host key, credentials, home and running programs', async () => {
    const rented = await rentMachine()
    await rented.ssh(['echo kept > file; sleep 306 >/dev/null 2>&1 </dev/null &'])
    await rented.restart()
    const { code, stdout } = await rented.ssh([
      'cat file; cat /proc/*/cmdline 2>/dev/null | tr "\\0" " " | grep -c "sleep 306"',
    ])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'kept\n1\n' })
    expect(await rented.sshByPassword(rented.request.password ?? '', ['echo in'])).toMatchObject({
      stdout: 'in\n',
    })
    await rented.dispose()
  })
})

describe('the place', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'paygress-place-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))
  const options = { clock: Date, log: quietLog() }

  test('has no more machines than ports and counts what is free', async () => {
    const first = await startProcessCompute({ dir, ...options })
    const { port } = await first.reserve(machineRequest(1))
    await first.end(machineRequest(1).leaseId)
    await first.close()
    const compute = await startProcessCompute({
      dir,
      ...options,
      portRange: { first: port, last: port },
      capacity: 5,
    })
    const spec = { id: testSpecId('standard'), cpuMillicores: 1, memoryMb: 1 }
    expect((await compute.capacity([spec])).get(spec.id)).toBe(1)
    expect((await compute.reserve(machineRequest(2))).port).toBe(port)
    expect((await compute.capacity([spec])).get(spec.id)).toBe(0)
    await expect(compute.reserve(machineRequest(3))).rejects.toThrow(
      'No available ports in the configured range',
    )
    await compute.end(machineRequest(2).leaseId)
    expect((await compute.reserve(machineRequest(3))).port).toBe(port)
    await compute.end(machineRequest(3).leaseId)
    await compute.close()
  })

  test('rents no more machines than it was told, also at the same moment', async () => {
    const compute = await startProcessCompute({ dir, ...options, capacity: 2 })
    const results = await Promise.allSettled([1, 2, 3].map(async (n) => compute.reserve(machineRequest(n))))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    for (const { leaseId } of await compute.list()) await compute.end(leaseId)
    await compute.close()
  })

  test('belongs to one process at a time', async () => {
    const compute = await startProcessCompute({ dir, ...options })
    await expect(startProcessCompute({ dir, ...options })).rejects.toMatchObject({ code: 'busy' })
    await compute.close()
  })

  test('listens on loopback and nowhere else', async () => {
    await expect(startProcessCompute({ dir, ...options, host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'config_invalid',
    })
    expect(readdirSync(dir)).toEqual([])
  })

  test('says that a host key is broken instead of renting a machine without one', async () => {
    const compute = await startProcessCompute({ dir, ...options })
    const request = machineRequest(1, { hostPrivateKey: 'broken' })
    await compute.reserve(request)
    await expect(compute.start(request.leaseId, 60)).rejects.toMatchObject({ code: 'machine_failed' })
    expect(await compute.describe(request.leaseId)).toMatchObject({ state: 'ended', reason: 'failed' })
    await compute.close()
  })
})
