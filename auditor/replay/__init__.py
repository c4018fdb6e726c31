"""The exported members at work: views of an input, votes under onnxruntime, the deployed rule."""
