// Which commands are there beside renting and selling?
import type { CommandGroup } from '../command-definition.ts'

export const TOOLS: CommandGroup = {
  group: 'Tools',
  entries: [
    {
      name: 'config',
      summary: 'preferences',
      commands: [
        {
          name: 'get',
          summary: 'print one preference',
          arguments: '<key>',
          examples: ['paygress config get mint'],
          load: () => import('../config/get.ts'),
        },
        {
          name: 'set',
          summary: 'keep a preference',
          arguments: '<key> <value>',
          examples: ['paygress config set relays wss://relay.damus.io,wss://nos.lol'],
          load: () => import('../config/set.ts'),
        },
        {
          name: 'list',
          summary: 'print all preferences that are set',
          examples: ['paygress config list'],
          load: () => import('../config/list.ts'),
        },
        {
          name: 'path',
          summary: 'print where paygress keeps its files',
          examples: ['paygress config path'],
          load: () => import('../config/path.ts'),
        },
      ],
    },
    {
      name: 'demo',
      summary: 'play the whole story on this machine',
      options: ['keep'],
      examples: ['paygress demo'],
      load: () => import('../demo.ts'),
    },
    {
      name: 'devnet',
      summary: 'run a relay, a mint and a provider on this machine',
      options: ['dir', 'port', 'withProvider'],
      examples: ['paygress devnet', 'paygress devnet --dir ./net --port 7447'],
      load: () => import('../devnet.ts'),
    },
  ],
}
