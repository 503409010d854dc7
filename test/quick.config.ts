// `npm run test:quick`: the tests that start no other program. They need neither dist/ nor a Debian package.
import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import all from './vitest.config.ts';

/** What starts programs, or takes more than a few seconds. */
const SLOW = [
  'test/{bench,faults,mock,package}/**',
  'test/client/command/**',
  'test/openapi/docs/**',
  'test/server/{deploy,operator,process,stores}/**',
  'test/server/token-command.test.ts',
  'test/server/http/{wire,official-sdk}.test.ts',
  'test/server/http/auth/iam/{keystone,faulty-service}.test.ts',
  'test/verify/{provider,consumer,levels,faulty-providers}/**',
  'test/verify/ending.test.ts',
  'test/verify/report/page.test.ts',
];

export default mergeConfig(all, defineConfig({ test: { exclude: [...configDefaults.exclude, ...SLOW] } }));
