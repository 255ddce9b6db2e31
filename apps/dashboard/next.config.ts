import type { NextConfig } from 'next'

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run check` checks types; doing it again here would cost the first start some fifteen seconds.
  typescript: { ignoreBuildErrors: true },
  // Native or dynamic requires that a bundler cannot follow.
  serverExternalPackages: ['@node-rs/argon2', 'pg', 'ioredis', 'bullmq'],
  // The error catalogue is read at request time: it has to travel with a traced build.
  outputFileTracingIncludes: { '/docs/errors': ['./docs/errors.md'] },
}

export default config
