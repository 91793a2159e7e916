// Which commands sell machines?
import type { CommandGroup } from '../command-definition.ts'

const PROVIDER_OPTIONS = ['backend', 'dotenv', 'kubeconfig', 'context'] as const

export const PROVIDE: CommandGroup = {
  group: 'Provide',
  entries: [
    {
      name: 'serve',
      summary: 'sell machines: the provider daemon',
      options: [...PROVIDER_OPTIONS, 'acceptNewCluster'],
      daemon: true,
      examples: ['paygress serve', 'paygress serve --backend process', 'paygress serve --context k3s'],
      load: () => import('../serve.ts'),
    },
    {
      name: 'provider',
      summary: 'look after what you sell',
      commands: [
        {
          name: 'init',
          summary: 'write the first .env and pod-specs.json',
          options: ['backend', 'mints', 'sshHost', 'name', 'dir'],
          examples: [
            'paygress provider init',
            'paygress provider init --yes --ssh-host 203.0.113.7 --relay wss://nos.lol --mints https://mint.example.com',
          ],
          load: () => import('../provider/init.ts'),
        },
        {
          name: 'check',
          summary: 'could it serve? cluster, mints and relays, each with the fix',
          options: PROVIDER_OPTIONS,
          examples: ['paygress provider check', 'paygress provider check --context k3s -o json'],
          load: () => import('../provider/check.ts'),
        },
        {
          name: 'leases',
          summary: 'the machines that are rented out',
          options: [...PROVIDER_OPTIONS, 'all', 'watch'],
          examples: ['paygress provider leases', 'paygress provider leases --watch'],
          load: () => import('../provider/leases.ts'),
        },
        {
          name: 'earnings',
          summary: 'what came in, what was earned, what is owed',
          options: PROVIDER_OPTIONS,
          examples: ['paygress provider earnings'],
          load: () => import('../provider/earnings.ts'),
        },
      ],
    },
  ],
}
