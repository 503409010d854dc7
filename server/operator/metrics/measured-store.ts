import { type Store, StoreError } from '../../store.ts';
import type { Metrics } from './metrics.ts';

/** A store whose calls the metrics are told of. */
export function measuredStore(store: Store, metrics: Metrics): Store {
  const measure = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const end = (result: string): void => {
      metrics.storeSeconds.observe({ operation, result }, (performance.now() - start) / 1000);
    };
    try {
      const done = await work();
      end('done');
      return done;
    } catch (error) {
      end(error instanceof StoreError ? error.kind : 'defect');
      throw error;
    }
  };
  return {
    deleteTag: async (image) => {
      const leave = metrics.deleteQueue.enter();
      try {
        return await measure('delete_tag', () => store.deleteTag(image));
      } finally {
        leave();
      }
    },
    ready: () => measure('ready', () => store.ready()),
    close: () => store.close(),
  };
}
