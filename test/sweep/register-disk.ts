// How do the sources have a disk that knows what is synced, without a build? Loaded first (`node --import`), it gives them its modules.
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { durableModule } from './durable-modules.ts'

registerHooks({
  resolve(id, context, next) {
    const importer = context.parentURL ?? ''
    const like = importer.startsWith('file:') ? durableModule(id, fileURLToPath(importer)) : undefined
    return next(like?.href ?? id, context)
  },
})
