// Is the list that somebody asks for the one that the feed goes on from? One list for both, and nothing in it is taken for gone because it cannot be read.
import { EventEmitter, on } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import type { ApiAnswer, ClusterConnection } from '../../../src/compute/kubernetes/cluster-connection.ts'
import { clusterApi } from '../../../src/compute/kubernetes/cluster-api.ts'
import { followList } from '../../../src/compute/kubernetes/follow-list.ts'
import { foundJobOf } from '../../../src/compute/kubernetes/lease-job.ts'
import { machineFeed, type MachineFeed } from '../../../src/compute/kubernetes/machine-feed.ts'
import { placing } from '../../../src/compute/kubernetes/placing.ts'
import type { LeaseId } from '../../../src/core/ids.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { recorded } from './recorded.ts'

interface Place {
  feed: MachineFeed
  /** Versions of the lists of Jobs that were asked for, and where each watch began. */
  asked: string[]
  gone: string[]
  answer(body: object | undefined): void
  /** The watch of Jobs tells this next. */
  tell(event: object): void
}

function openFeed(): Place {
  const stop = new AbortController()
  let jobs: ApiAnswer = list([])
  let version = 0
  const asked: string[] = []
  const gone: string[] = []
  const events = new EventEmitter()
  const connection: ClusterConnection = {
    send: async ({ path }) => {
      if (path.endsWith('/pods')) return list([])
      version += 1
      asked.push(`list ${version}`)
      return jobs.ok ? { ok: true, body: { ...Object(jobs.body), metadata: at(version) } } : jobs
    },
    open: async ({ path, query, signal }) => {
      if (path.endsWith('/jobs')) asked.push(`watch from ${query?.['resourceVersion']}`)
      const until = signal ?? stop.signal
      return { ok: true, chunks: path.endsWith('/jobs') ? told(events, until) : silence(until) }
    },
    serverClock: { offsetSec: () => 0, now: () => undefined },
    close: async () => undefined,
  }
  const random = { bytes: (count: number) => new Uint8Array(count) }
  const api = clusterApi(connection, placing({ namespace: 'n' }), random, stop.signal)
  const feed = machineFeed(api, random, quietLog(), stop.signal)
  feed.listen({ onJob: (before, after) => void (after === undefined && gone.push(String(before?.leaseId))) })
  onTestFinished(async () => {
    stop.abort()
    await feed.over
    expect(await feed.listJobs()).toHaveProperty('problem')
  })
  const answer = (body: object | undefined): void => {
    const problem = { kind: 'invalid' as const, status: 400, message: 'not now' }
    jobs = body === undefined ? { ok: false, problem } : { ok: true, body }
  }
  return { feed, asked, gone, answer, tell: (event) => void events.emit('event', event) }
}

const at = (version: number): object => ({ resourceVersion: String(version) })
const list = (items: unknown[]): ApiAnswer => ({ ok: true, body: { metadata: at(1), items } })

async function* silence(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('over'))))
  yield new Uint8Array()
}

async function* told(events: EventEmitter, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const [event] of on(events, 'event', { signal })) yield Buffer.from(`${JSON.stringify(event)}\n`)
}

interface Job {
  metadata: { labels: object; resourceVersion: string }
  spec: object
}
const job = (spec?: object): object => {
  const { metadata, ...rest } = recorded('job-ready').body as Job
  return { ...rest, metadata: { ...metadata, resourceVersion: '1' }, ...(spec === undefined ? {} : { spec }) }
}
const lease = '00000001000000000000000000000000'

test('a list that is asked for is made once, and the watch goes on from it', async () => {
  const { feed, asked, answer } = openFeed()
  expect(await feed.listJobs()).toMatchObject({ objects: [] })
  feed.start()
  await expect.poll(() => asked).toEqual(['list 1', 'list 2', 'watch from 2'])
  answer({ items: [job()] })
  expect(await feed.listJobs()).toMatchObject({ objects: [{ leaseId: lease }] })
  expect([...feed.jobs()]).toMatchObject([{ leaseId: lease }])
  await expect.poll(() => asked.slice(3)).toEqual(['list 3', 'watch from 3'])
})

test('who asks while a list is on its way gets the one after it', async () => {
  const { feed, asked } = openFeed()
  feed.start()
  expect(asked).toEqual(['list 1'])
  expect(await feed.listJobs()).toMatchObject({ resourceVersion: '2' })
  await expect.poll(() => asked.at(-1)).toBe('watch from 2')
})

test('a list that cannot be had is a problem for who asked for it, and the next one is had at once', async () => {
  const { feed, asked, answer } = openFeed()
  feed.start()
  await expect.poll(() => asked.at(-1)).toBe('watch from 1')
  answer(undefined)
  expect(await feed.listJobs()).toMatchObject({ problem: { message: 'not now' } })
  answer({ items: [job()] })
  expect(await feed.listJobs()).toMatchObject({ objects: [{ leaseId: lease }] })
})

test('a Job of a lease that cannot be read is in the list, and is not gone', async () => {
  const { feed, gone, answer } = openFeed()
  feed.start()
  answer({ items: [job()] })
  await feed.listJobs()
  answer({ items: [job({ suspend: 'rubbish' })] })
  expect(await feed.listJobs()).toMatchObject({ objects: [{ leaseId: lease, unreadable: true }] })
  expect(gone).toEqual([])
  answer({ items: [] })
  await feed.listJobs()
  expect(gone).toEqual([lease])
})

test('a Job that is deleted while it cannot be read is gone', async () => {
  const { feed, asked, gone, answer, tell } = openFeed()
  feed.start()
  answer({ items: [job()] })
  await feed.listJobs()
  await expect.poll(() => asked.at(-1)).toBe('watch from 2')
  const unreadable = job({ suspend: 'rubbish' }) as Job
  const { metadata } = unreadable
  tell({ type: 'DELETED', object: { ...unreadable, metadata: { ...metadata, uid: 'of one before' } } })
  tell({ type: 'DELETED', object: unreadable })
  await expect.poll(() => gone).toEqual([lease])
  expect(feed.job(lease as LeaseId)).toBeUndefined()
})

test('who asks for a list is told where a listener fails on it, and afterwards', async () => {
  const stop = new AbortController()
  const connection = {
    send: async () => list([]),
    open: async ({ signal }: { signal?: AbortSignal }) => ({
      ok: true as const,
      chunks: silence(signal ?? stop.signal),
    }),
    serverClock: { offsetSec: () => 0, now: () => undefined },
    close: async () => undefined,
  }
  const random = { bytes: (count: number) => new Uint8Array(count) }
  const api = clusterApi(connection, placing({ namespace: 'n' }), random, stop.signal)
  let lists = 0
  const followed = followList(
    { api, random, log: quietLog(), signal: stop.signal },
    {
      kind: 'jobs',
      read: foundJobOf,
      relistMs: 60_000,
      onList: () => {
        lists += 1
        if (lists > 1) throw new Error('a listener failed')
      },
      onChange: () => undefined,
      onGap: () => undefined,
    },
  )
  const [listed] = await Promise.all([
    followed.list(),
    expect(followed.over).rejects.toThrow('a listener failed'),
  ])
  expect(listed).toHaveProperty('problem')
  expect(await followed.list()).toHaveProperty('problem')
  stop.abort()
})
