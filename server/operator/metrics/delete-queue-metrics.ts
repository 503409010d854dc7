import { Gauge, type Registry } from 'prom-client';

/** The deletes that the store has taken and not finished, whether they wait for their turn or are under way. */
export interface DeleteQueueMetrics {
  /** Call it when the store takes a delete. @returns to be called once, when the delete ends */
  enter(): () => void;
}

/** Makes its gauges, which are read when the metrics are. */
export function createDeleteQueueMetrics(registry: Registry): DeleteQueueMetrics {
  /** In the order of their arrival. */
  const deletes = new Set<{ readonly since: number }>();
  const registers = [registry];
  new Gauge({
    name: 'swr_delete_queue_length',
    help: 'Deletes that the store has taken and not finished, waiting or under way',
    registers,
    collect() {
      this.set(deletes.size);
    },
  });
  new Gauge({
    name: 'swr_delete_queue_age_seconds',
    help: 'Age of the oldest of these deletes; 0 if there is none',
    registers,
    collect() {
      const [oldest] = deletes;
      this.set(oldest === undefined ? 0 : (performance.now() - oldest.since) / 1000);
    },
  });
  return {
    enter() {
      const one = { since: performance.now() };
      deletes.add(one);
      return () => void deletes.delete(one);
    },
  };
}
