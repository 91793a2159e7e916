// Which operation answers which request? Values in, values out: no socket here.
import type * as z from 'zod'
import { listKeysets, publicKeys } from './keysets.ts'
import { checkStates, restore } from './lookups.ts'
import { createMeltQuote } from './melt-quotes.ts'
import { getMeltQuote, melt } from './melt.ts'
import type { MintContext } from './mint-context.ts'
import { mintInfo } from './mint-info.ts'
import { createMintQuote, getMintQuote, mintQuoted } from './mint-quotes.ts'
import type { Mint } from './mint.ts'
import { MintRefusal, UnreadableRequest } from './refusal.ts'
import {
  meltQuoteRequest,
  meltRequest,
  mintQuoteRequest,
  mintRequest,
  parseBody,
  restoreRequest,
  stateRequest,
  swapRequest,
} from './requests.ts'
import { responseCache } from './response-cache.ts'
import { swap } from './swap.ts'

export interface HandlerOptions {
  name?: string
  /** How long equal requests get equal answers (NUT-19); 60 s when not given, false for never. */
  nut19?: false | { ttlSec: number }
}

export interface HttpQuestion {
  method: string
  /** Path without query. */
  path: string
  body: string
}

export interface HttpAnswer {
  status: number
  body: unknown
}

export type MintHandler = (question: HttpQuestion) => Promise<HttpAnswer>

type Route = (body: string) => unknown

/** The mint's answers to requests: 200, 400 with a code for refusals, 422 for what it cannot read, 404, or 500 for its own failures. */
export function createMintHandler(mint: Mint, options: HandlerOptions = {}): MintHandler {
  const { context } = mint
  const { name = 'paygress devnet mint', nut19 = { ttlSec: 60 } } = options
  const cache = nut19 === false ? undefined : responseCache(context.clock, nut19.ttlSec)
  const posts = postRoutes(context)
  const fixed: Record<string, Route> = {
    ...posts,
    'GET /v1/info': () => mintInfo(context, name, nut19 === false ? undefined : nut19.ttlSec),
    'GET /v1/keys': () => publicKeys(context),
    'GET /v1/keysets': () => listKeysets(context),
  }
  return async ({ method, path, body }) => {
    const known = `${method} ${path}`
    const route = Object.hasOwn(fixed, known) ? fixed[known] : routeWithId(context, method, path)
    if (route === undefined) return { status: 404, body: { detail: 'not found' } }
    const answer = async (): Promise<HttpAnswer> => ({ status: 200, body: await route(body) })
    try {
      return await (cache === undefined || method !== 'POST' ? answer() : cache.once(path, body, answer))
    } catch (error) {
      if (error instanceof MintRefusal)
        return { status: 400, body: { code: error.code, detail: error.message } }
      if (error instanceof UnreadableRequest)
        return { status: 422, body: { detail: [{ msg: error.message }] } }
      context.onError(error)
      return { status: 500, body: { detail: 'the mint failed' } }
    }
  }
}

function postRoutes(context: MintContext): Record<string, Route> {
  const parsed =
    <Body>(schema: z.ZodType<Body>, work: (context: MintContext, request: Body) => unknown): Route =>
    (body) =>
      work(context, parseBody(schema, body))
  return {
    'POST /v1/swap': parsed(swapRequest, swap),
    'POST /v1/mint/quote/bolt11': parsed(mintQuoteRequest, createMintQuote),
    'POST /v1/mint/bolt11': parsed(mintRequest, mintQuoted),
    'POST /v1/melt/quote/bolt11': parsed(meltQuoteRequest, createMeltQuote),
    'POST /v1/melt/bolt11': parsed(meltRequest, melt),
    'POST /v1/checkstate': parsed(stateRequest, checkStates),
    'POST /v1/restore': parsed(restoreRequest, restore),
  }
}

function routeWithId(context: MintContext, method: string, path: string): Route | undefined {
  const cut = path.lastIndexOf('/')
  const id = path.slice(cut + 1)
  if (method !== 'GET' || id === '') return undefined
  if (path.slice(0, cut) === '/v1/keys') return () => publicKeys(context, id.toLowerCase())
  if (path.slice(0, cut) === '/v1/mint/quote/bolt11') return () => getMintQuote(context, id)
  if (path.slice(0, cut) === '/v1/melt/quote/bolt11') return () => getMeltQuote(context, id)
  return undefined
}
