"""What a log must hold for the value of a policy to be told: said wherever one does not."""

WHAT_TO_LOG = (
    "To learn what a policy would earn, let the system choose what is shown, at least now and then at random, and log "
    "with each item the probability with which it was chosen (docs/data.md#what-to-log)."
)
