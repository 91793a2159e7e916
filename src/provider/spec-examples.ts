// Which machines does a provider offer where it has not said otherwise? The three of the guides.

/** As `pod-specs.json` holds them. */
export const SPEC_EXAMPLES = [
  {
    id: 'basic',
    name: 'Basic',
    description: 'Basic VPS - 1 CPU core, 1GB RAM',
    cpu_millicores: 1000,
    memory_mb: 1024,
    rate_msats_per_sec: 100,
  },
  {
    id: 'standard',
    name: 'Standard',
    description: 'Standard VPS - 2 CPU cores, 2GB RAM',
    cpu_millicores: 2000,
    memory_mb: 2048,
    rate_msats_per_sec: 200,
  },
  {
    id: 'premium',
    name: 'Premium',
    description: 'Premium VPS - 4 CPU cores, 4GB RAM',
    cpu_millicores: 4000,
    memory_mb: 4096,
    rate_msats_per_sec: 400,
  },
] as const
