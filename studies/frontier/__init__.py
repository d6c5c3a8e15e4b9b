"""Judge shops, learners, answers and truths behind `studies.frontier_study`."""
