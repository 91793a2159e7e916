// Which rules of the house does no ready-made lint rule know? Layers, purity, first lines, file names, double assertions.
import { basename, relative, sep } from 'node:path'
import { refusal } from './layers.ts'

interface Node {
  type: string
  [key: string]: unknown
}

interface Context {
  cwd: string
  filename: string
  sourceCode: { text: string }
  report(diagnostic: { node?: Node; loc?: { line: number; column: number }; message: string }): void
}

type Visitor = Record<string, (node: Node) => void>

const START = { line: 1, column: 0 }

/** Folders whose code reads neither clock nor randomness and touches no outside: all of it is passed in. */
const PURE = /^(core|protocol|wallet|client|provider)\//
/** Use cases may set a timer (a daemon has to), the words and the wire format may not; the one way to wait is there for all. */
const TIMELESS = /^(core\/(?!pause\.ts$)|protocol\/)/
const OUTSIDE = new Set(['process', 'fetch', 'WebSocket', 'crypto', 'performance', 'navigator', 'console'])
const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate'])
const NAMES_OF_NOTHING = /^(utils?|helpers?|common|misc|manager|services?|index)$/

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** The file's path under src/, or undefined for a file elsewhere. */
function underSrc(context: Context): string | undefined {
  const path = relative(context.cwd, context.filename).split(sep).join('/')
  return path.startsWith('src/') ? path.slice('src/'.length) : undefined
}

function layers(context: Context): Visitor {
  const file = underSrc(context)
  if (file === undefined) return {}
  const look = (node: Node): void => {
    const { source } = node
    if (!isNode(source)) return
    if (typeof source['value'] !== 'string') {
      const message = 'Import a module by a plain string, so that the layers can be checked.'
      if (node.type === 'ImportExpression') context.report({ node, message })
      return
    }
    const message = refusal(file, source['value'])
    if (message !== undefined) context.report({ node: source, message })
  }
  return {
    ImportDeclaration: look,
    ImportExpression: look,
    ExportNamedDeclaration: look,
    ExportAllDeclaration: look,
    TSImportType: look,
  }
}

function pure(context: Context): Visitor {
  const file = underSrc(context)
  if (file === undefined || !PURE.test(file)) return {}
  const refuse = (node: Node, what: string): void =>
    context.report({
      node,
      message: `${what} is not available here: take a Clock, a Random or a port instead.`,
    })
  const named = (node: unknown): string =>
    isNode(node) && node.type === 'Identifier' ? String(node['name']) : ''
  return {
    MemberExpression(node) {
      const object = named(node['object'])
      const path = `${object}.${named(node['property'])}`
      if (path === 'Date.now' || path === 'Math.random') refuse(node, path)
      else if (object === 'globalThis' || OUTSIDE.has(object)) refuse(node, object)
    },
    NewExpression(node) {
      const callee = named(node['callee'])
      const empty = Array.isArray(node['arguments']) && node['arguments'].length === 0
      if (callee === 'Date' && empty) refuse(node, 'new Date()')
      else if (OUTSIDE.has(callee)) refuse(node, callee)
    },
    CallExpression(node) {
      const callee = named(node['callee'])
      if (OUTSIDE.has(callee) || (TIMERS.has(callee) && TIMELESS.test(file))) refuse(node, callee)
    },
  }
}

function firstLine(context: Context): Visitor {
  if (underSrc(context) === undefined) return {}
  return {
    Program() {
      if (/^(#!.*\n)?\/[/*]/.test(context.sourceCode.text)) return
      context.report({
        loc: START,
        message: 'The first line of a file is a comment: which question does it answer?',
      })
    },
  }
}

function fileNames(context: Context): Visitor {
  const file = underSrc(context)
  if (file === undefined) return {}
  return {
    Program() {
      const parts = file.replace(/\.ts$/, '').split('/')
      for (const part of parts) {
        if (NAMES_OF_NOTHING.test(part)) {
          context.report({ loc: START, message: `"${part}" names no idea: name it for what it does.` })
        }
      }
      const name = basename(file)
      if (!/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name)) {
        context.report({ loc: START, message: `File names are kebab-case: ${name}` })
      }
    },
  }
}

function doubleAssertion(context: Context): Visitor {
  return {
    TSAsExpression(node) {
      const inner = node['expression']
      if (!isNode(inner) || inner.type !== 'TSAsExpression') return
      const between = inner['typeAnnotation']
      if (!isNode(between) || !['TSUnknownKeyword', 'TSAnyKeyword', 'TSNeverKeyword'].includes(between.type))
        return
      context.report({
        node,
        message: 'A double assertion tells the compiler a lie: parse or narrow instead.',
      })
    },
  }
}

function emptyCatch(context: Context): Visitor {
  return {
    CatchClause(node) {
      const body = node['body']
      if (!isNode(body) || !Array.isArray(body['body']) || body['body'].length > 0) return
      context.report({ node, message: 'An empty catch swallows an error: handle it or let it pass.' })
    },
    CallExpression(node) {
      const { callee } = node
      if (!isNode(callee) || callee.type !== 'MemberExpression') return
      const property = callee['property']
      if (!isNode(property) || property['name'] !== 'catch' || !Array.isArray(node['arguments'])) return
      const handler: unknown = node['arguments'][0]
      if (!isNode(handler) || !isNode(handler['body']) || handler['body'].type !== 'BlockStatement') return
      const statements = handler['body']['body']
      if (!Array.isArray(statements) || statements.length > 0) return
      context.report({ node, message: 'An empty .catch() swallows an error: handle it or let it pass.' })
    },
  }
}

function processExit(context: Context): Visitor {
  const file = underSrc(context)
  if (file === undefined || file === 'main.ts') return {}
  return {
    MemberExpression(node) {
      const { object, property } = node
      if (!isNode(object) || !isNode(property) || object['name'] !== 'process') return
      const name = String(property['name'])
      if (name === 'exit' || name === 'exitCode' || name === 'abort') {
        context.report({ node, message: `process.${name} belongs to src/main.ts: throw or return instead.` })
      }
    },
  }
}

/** One oxlint plugin from functions that make a visitor per file. */
export default {
  meta: { name: 'paygress' },
  rules: {
    layers: { create: layers },
    pure: { create: pure },
    'first-line': { create: firstLine },
    'file-names': { create: fileNames },
    'no-double-assertion': { create: doubleAssertion },
    'no-empty-catch': { create: emptyCatch },
    'no-process-exit': { create: processExit },
  },
}
