import type { NextConfig } from 'next'

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm run check` checks types; doing it again here would cost the first start some fifteen seconds.
  typescript: { ignoreBuildErrors: true },
  // Asked for by browsers that have not read a page's head yet; without it every such request is an error in their console.
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
  // Native or dynamic requires that a bundler cannot follow.
  serverExternalPackages: ['@node-rs/argon2', 'pg', 'ioredis', 'bullmq'],
  // These pages are read at request time: they have to travel with a traced build.
  outputFileTracingIncludes: { '/docs/errors': ['./docs/errors.md'], '/docs/formats': ['./docs/formats.md'] },
}

export default config
