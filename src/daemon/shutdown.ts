// Taking the box out of service for good (power off, reboot by hand): the services first, then the service addresses, so that
// no client is talking to a database that is going away, then PostgreSQL, cleanly.
import { lowerQuietly } from './box.ts';
import type { Box } from './box.ts';

/** The loop has stopped deciding before this is called. */
export async function shutDownBox(box: Box): Promise<void> {
  const { database, servicePort, announcing, guardian, log } = box;
  await guardian.stopServices();
  announcing.stop();
  lowerQuietly(servicePort, log);
  const { shutdownDeadlineMs } = box.inForce().database;
  try {
    const { clean } = await database.stop({ how: 'clean', deadlineMs: shutdownDeadlineMs });
    log.history('info', 'databaseStopped', { clean });
  } catch (error) {
    log.history('error', 'databaseNotStopped', { text: String(error) });
  }
}
