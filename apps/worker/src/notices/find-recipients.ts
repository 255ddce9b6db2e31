import type { PoolClient } from 'pg'
