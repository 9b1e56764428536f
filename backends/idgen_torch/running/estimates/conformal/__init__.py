"""Prediction intervals: where an outcome that is drawn under do() lies, by weighted split conformal prediction.

Source: Tibshirani, Barber, Candes and Ramdas (2019); Lei and Candes (2021) for interventions.
"""
