// What does the API server answer, word for word?
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'

export interface RawAnswer {
  status: number
  body: unknown
}

export interface RawRequest {
  method: string
  path: string
  body?: unknown
  contentType?: string
  token?: string
}

/** One request as the kubeconfig's user, or with another token; the body as JSON, of a watch its first event. */
export async function rawApi(kubeconfig: string, asked: RawRequest): Promise<RawAnswer> {
  const config = readFileSync(kubeconfig, 'utf8')
  const find = (pattern: RegExp): string => pattern.exec(config)?.[1] ?? ''
  const ca = Buffer.from(find(/certificate-authority-data: ([^}\s]+)/), 'base64')
  const headers = {
    authorization: `Bearer ${asked.token ?? find(/token: "?([^"}\s]+)/)}`,
    'content-type': asked.contentType ?? 'application/json',
  }
  return new Promise((resolve, reject) => {
    const url = new URL(asked.path, find(/server: "?([^",\s]+)/))
    const sent = request(url, { ca, method: asked.method, headers }, (answer) => {
      text(answer)
        .then((body) =>
          resolve({
            status: answer.statusCode ?? 0,
            body: JSON.parse(asked.path.includes('watch=true') ? (body.split('\n')[0] ?? '') : body),
          }),
        )
        .catch(reject)
    })
    sent.on('error', reject)
    sent.end(asked.body === undefined ? undefined : JSON.stringify(asked.body))
  })
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** The answer without what differs from run to run; `namespace` is the test's own. */
export function steady(answer: RawAnswer, namespace: string): unknown {
  const replaced = (key: string, value: unknown): unknown => {
    if (key === 'managedFields') return undefined
    if (key === 'resourceVersion') return '1000'
    if (typeof value !== 'string') return value
    if (key === 'paygress.io/port') return '32100'
    if (key === 'goVersion' || key === 'platform') return 'any'
    if (value.startsWith('too old resource version')) return 'too old resource version: 1 (1000)'
    if (TIME.test(value)) return '2026-11-21T12:00:00Z'
    if (/^\d+ \d{4}-/.test(value) || key === 'paygress.io/start-asked') return value.replace(/\d/g, '1')
    return value
      .replaceAll(namespace, 'user-workloads')
      .replace(UID, '00000000-0000-4000-8000-000000000000')
      .replace(/(ssh-pod-\w{8})-[a-z0-9]{5}\b/g, '$1-abcde')
  }
  return JSON.parse(JSON.stringify(answer, replaced))
}
