"""What all jobs share: their skeleton (`job`), a run's folder, its events, results and record."""
