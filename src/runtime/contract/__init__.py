"""What a `service.yaml` says of a service: the model, one part for each program that needs more, and the reader."""
